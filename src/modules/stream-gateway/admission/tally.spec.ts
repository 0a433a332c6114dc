import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Relay, type RelayCounts, type RelayMessage } from '../../../common/relay/relay.js'
import { Tally } from './tally.js'

const MAX = 100

/** How many it takes until it has no room any more. */
function takeAll(tally: Tally, key = 'streams', max = MAX): number {
  let taken = 0
  for (; tally.hasRoom(key, max); taken++) tally.add(key, 1, max)
  return taken
}

describe('a tally without other workers', () => {
  it('counts for itself, and tells nobody', () => {
    const tellSoon = vi.fn()
    const tally = new Tally(new Relay(), 1, tellSoon)
    expect(takeAll(tally)).toBe(MAX)
    tally.add('streams', -3, MAX)
    expect([takeAll(tally), takeAll(tally, 'other', 5)]).toEqual([3, 5])
    expect(tellSoon).not.toHaveBeenCalled()
  })
})

describe('a tally of one of two workers', () => {
  let told: RelayCounts[]
  let tally: Tally
  let isBusy: boolean
  let hear: (counts: RelayCounts, own: RelayCounts) => void
  const tellSoon = vi.fn()

  beforeEach(() => {
    told = []
    tellSoon.mockClear()
    isBusy = false
    const relay = new Relay({
      get isBusy() {
        return isBusy
      },
      post: (message: RelayMessage) => void (message.kind === 'counts' && told.push(message.counts)),
      onMessage: (handler) => {
        hear = (counts, own) => handler({ kind: 'others', counts, own })
      },
    })
    tally = new Tally(relay, 2, tellSoon)
    told.length = 0
  })

  const add = (times: number, change = 1) => {
    for (let i = 0; i < times; i++) tally.add('streams', change, MAX)
  }

  it('has room for its part of the rest, and for more once the others know of it', () => {
    expect(takeAll(tally)).toBe(50)
    hear({ streams: 0 }, { streams: 50 })
    expect(takeAll(tally)).toBe(25)
    hear({ streams: 20 }, { streams: 75 })
    expect(takeAll(tally)).toBe(3)
    hear({ streams: 21 }, { streams: 78 })
    expect(takeAll(tally)).toBe(1)
    hear({ streams: 21 }, { streams: 79 })
    expect(takeAll(tally)).toBe(0)
  })

  it('keeps its changes while the primary reads nothing, and sends the latest counts when it does', () => {
    isBusy = true
    add(30)
    tally.tell()
    expect([told, tellSoon.mock.calls.length > 0]).toEqual([[], true])
    add(5, -1)
    isBusy = false
    tally.tell()
    tally.tell()
    expect(told).toEqual([{ streams: 25 }])
  })

  it('has room for the very last one', () => {
    hear({ streams: 99 }, { streams: 0 })
    expect(takeAll(tally)).toBe(1)
  })

  it('has the room again that it gives back, and what the others give back', () => {
    add(30)
    hear({ streams: 70 }, { streams: 30 })
    expect(takeAll(tally)).toBe(0)
    add(2, -1)
    expect(takeAll(tally)).toBe(2)
    hear({ streams: 68 }, { streams: 30 })
    expect(takeAll(tally)).toBe(1)
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
  })

  it('can wait with it while it is little of its part of the room that is left', () => {
    add(11)
    expect([tellSoon.mock.calls.length, told]).toEqual([11, []])
    add(1)
    // 12 untold of 88 that are left: a quarter of the half.
    expect(told).toEqual([{ streams: 12 }])
  })

  it.each([1, -1])('does not wait with anything where the room is small (%i)', (change) => {
    add(50)
    tally.tell()
    hear({ streams: 49 }, { streams: 50 })
    told = []
    add(1, change)
    expect(told).toEqual([{ streams: 50 + change }])
  })

  it('does not wait any longer once the others have taken so much that it matters', () => {
    add(2)
    hear({ streams: 81 }, { streams: 0 })
    expect(told).toEqual([])
    hear({ streams: 82 }, { streams: 0 })
    expect(told).toEqual([{ streams: 2 }])
    hear({ streams: 83 }, { streams: 0 })
    expect(told).toHaveLength(1)
  })
})
