import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { subscriberInfo } from '../../../test/support/fakes/subscriber-info.js'
import { ConnectionPick } from './connection-pick.js'

/** Connections in the order of opening, `number` of each in its place as the number of messages. */
function pick(limit: number, given: readonly { lagMs?: number; bufferedBytes?: number; createdAt?: number }[]): number[] {
  const picked = new ConnectionPick(limit)
  given.forEach((connection, number) => {
    picked.see(subscriberInfo({ createdAt: number, ...connection, msgsSent: number }))
  })
  return picked.list().map(({ msgsSent }) => msgsSent)
}

const FINE = {}

describe('the connections that a report lists', () => {
  it('are all of them where there is room', () => {
    expect(pick(4, [])).toEqual([])
    expect(pick(4, [FINE, { lagMs: 5 }, FINE, { bufferedBytes: 5 }])).toEqual([0, 1, 2, 3])
  })

  it('are else the most recent ones', () => {
    expect(pick(3, Array(10).fill(FINE))).toEqual([7, 8, 9])
  })

  it('are the worst as well, as up to half of the list: who lags the longest, then who has the most waiting', () => {
    const connections = [{ lagMs: 10 }, { lagMs: 30 }, { bufferedBytes: 9 }, { lagMs: 20 }, FINE, FINE, FINE, FINE, { lagMs: 5 }]
    expect(pick(4, connections)).toEqual([1, 3, 7, 8])
    expect(pick(6, [{ bufferedBytes: 1 }, { bufferedBytes: 3 }, { bufferedBytes: 2 }, { lagMs: 1 }, ...Array(6).fill(FINE)])).toEqual([
      1, 2, 3, 7, 8, 9,
    ])
  })

  it('stand in the order of their times, and of opening within a second', () => {
    expect(pick(4, [{ createdAt: 5 }, { createdAt: 9 }, { createdAt: 5, lagMs: 1 }, { createdAt: 4 }])).toEqual([3, 0, 2, 1])
  })

  it('are none where none are wanted, and the last where one is', () => {
    expect(pick(0, [FINE, { lagMs: 5 }])).toEqual([])
    expect(pick(1, [{ lagMs: 5 }, FINE])).toEqual([1])
  })

  it('are as many as there is room for, and hold the worst half, whatever there is', () => {
    const lag = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(lag, { maxLength: 120 }), (limit, lags) => {
        const picked = pick(
          limit,
          lags.map((lagMs) => ({ lagMs })),
        )
        expect(new Set(picked).size).toBe(Math.min(limit, lags.length))
        expect(picked).toEqual([...picked].sort((a, b) => a - b))
        const worst = lags
          .filter((ms) => ms > 0)
          .sort((a, b) => b - a)
          .slice(0, Math.floor(limit / 2))
        const found = picked.map((number) => lags[number] ?? 0).sort((a, b) => b - a)
        expect(found.slice(0, worst.length)).toEqual(worst)
      }),
    )
  })
})
