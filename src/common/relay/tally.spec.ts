import { beforeEach, describe, expect, it } from 'vitest'
import { Relay } from './relay.js'
import type { RelayCounts, RelayMessage } from './relay-message.js'
import { Tally } from './tally.js'

const MAX = 100

describe('a tally without other workers', () => {
  it('counts for itself, and tells nobody', () => {
    const calls: string[] = []
    const tally = new Tally(new Relay(), 1, { soon: () => calls.push('soon'), now: () => calls.push('now') })
    for (let i = 0; i < MAX; i++) tally.add('streams', 1, MAX)
    tally.add('streams', -1, MAX)
    expect([tally.total('streams'), tally.total('other')]).toEqual([MAX - 1, 0])
    expect(calls).toEqual([])
  })
})

describe('a tally of one of two workers', () => {
  let told: RelayCounts[]
  let calls: string[]
  let tally: Tally
  let hear: (counts: RelayCounts) => void

  beforeEach(() => {
    told = []
    calls = []
    const relay = new Relay({
      post: (message: RelayMessage) => void (message.kind === 'counts' && told.push(message.counts)),
      onMessage: (handler) => {
        hear = (counts) => handler({ kind: 'others', counts })
      },
    })
    tally = new Tally(relay, 2, { soon: () => calls.push('soon'), now: () => calls.push('now') })
    told.length = 0
  })

  const add = (times: number, change = 1) => {
    for (let i = 0; i < times; i++) tally.add('streams', change, MAX)
  }

  it('adds what the others have', () => {
    add(2)
    hear({ streams: 5, elsewhere: 1 })
    expect([tally.total('streams'), tally.total('elsewhere')]).toEqual([7, 1])
    hear({ streams: 4, elsewhere: 0 })
    expect([tally.total('streams'), tally.total('elsewhere')]).toEqual([6, 0])
  })

  it('tells what has changed, once, with what went to zero', () => {
    add(2)
    tally.add('a', 1, MAX)
    tally.tell()
    tally.add('a', -1, MAX)
    tally.tell()
    tally.tell()
    expect(told).toEqual([{ streams: 2, a: 1 }, { a: 0 }])
  })

  it('tells nothing of what has come and gone meanwhile but that it is nought', () => {
    tally.add('a', 1, MAX)
    tally.add('a', -1, MAX)
    tally.tell()
    expect(told).toEqual([{ a: 0 }])
    expect(tally.total('a')).toBe(0)
  })

  it('can wait with it while it is less than its part of the room that is left', () => {
    add(33)
    expect(new Set(calls)).toEqual(new Set(['soon']))
    add(1)
    // 34 untold of 66 that are left, for two workers.
    expect(calls.at(-1)).toBe('now')
  })

  it.each([1, -1])('does not wait with anything where the room is small (%i)', (change) => {
    add(50)
    tally.tell()
    hear({ streams: 49 })
    calls = []
    add(1, change)
    expect(calls).toEqual(['now'])
  })

  it('never lets so much go untold that two who have to decide alone go over the bound', () => {
    let untold = 0
    for (let i = 0; i < MAX; i++) {
      calls = []
      add(1)
      untold++
      if (calls[0] === 'now') {
        tally.tell()
        untold = 0
      }
      expect(untold * 2).toBeLessThanOrEqual(MAX - tally.total('streams'))
    }
  })
})
