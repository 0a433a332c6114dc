import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../test/support/fakes/a-hub.js'

const data = (json: string) => `data:${json}\n\n`
const texts = (streams: readonly OpenStream[]) => streams.map(({ outlet }) => outlet.text)

/** Turns of the event loop, as many as there is something to do in. */
const turns = () => vi.runAllTimers()

describe('eps subscribers that do not drain', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('are skipped, and get one frame with the sum at the first flush after they have drained', () => {
    const { open, flush, onLagging } = aHub()
    const [slow, other] = [open(), open()]
    slow.outlet.isStalled = true
    for (const id of ['a', 'b', 'b', 'c']) flush(id)
    expect(slow.outlet.queuedBytes).toBe(data('{"a":1}').length)
    slow.outlet.drain()
    expect(onLagging).toHaveBeenCalledOnce()
    flush('b')
    expect(texts([slow])).toEqual([data('{"a":1}') + data('{"b":3,"c":1}')])
    expect(other.outlet.received).toHaveLength(5)
  })

  it('ask for a run when they drain in quiet, which brings the sum in one frame', () => {
    const { hub, open, flush, onLagging } = aHub()
    const [slow, other] = [open(), open()]
    slow.outlet.isStalled = true
    for (const id of ['a', 'b', 'b']) flush(id)
    expect(onLagging).not.toHaveBeenCalled()
    slow.outlet.drain()
    expect(onLagging).toHaveBeenCalledOnce()
    hub.scores.run()
    expect(texts([slow])).toEqual([data('{"a":1}') + data('{"b":2}')])
    expect(other.outlet.received).toHaveLength(3)
    hub.scores.run()
    expect(slow.outlet.received).toHaveLength(2)
    // A round that brings nobody to a new flush is none.
    expect(hub.scores.rounds).toBe(3)
  })

  it('ask for nothing when they drain with nothing to get', () => {
    const { open, flush, onLagging } = aHub()
    const slow = open()
    slow.outlet.isStalled = true
    flush('a')
    slow.outlet.drain()
    expect(onLagging).not.toHaveBeenCalled()
    expect(texts([slow])).toEqual([data('{"a":1}')])
  })

  it('are not forgotten when the run comes while a round is under way that has passed them by', () => {
    const { hub, open, flush } = aHub({ slice: 1 })
    const streams = Array.from({ length: 6 }, () => open())
    for (const { outlet } of streams) outlet.isStalled = true
    flush('a')
    turns()
    // The first of the next round drains when it has been passed by, and its run finds the round still under way.
    flush('b')
    for (const { outlet } of streams) outlet.drain()
    hub.scores.run()
    turns()
    expect(texts(streams)).toEqual(streams.map(() => data('{"a":1}') + data('{"b":1}')))
  })

  it('cost one backward pass over the log, however many they are and wherever they stand', () => {
    const { hub, log, open, flush } = aHub({ capacity: 4096 })
    const streams = Array.from({ length: 50 }, () => open())
    for (const [index, { outlet }] of streams.entries()) {
      outlet.isStalled = true
      flush('a')
      // Their cursors differ, up to a distance of 50 and more.
      for (const drained of streams.slice(index + 1)) drained.outlet.drain()
    }
    flush('b', 'c')
    const oldest = Math.min(...streams.map(({ subscriber }) => subscriber.cursor))
    expect(new Set(streams.map(({ subscriber }) => subscriber.cursor)).size).toBe(50)
    for (const { outlet } of streams) outlet.drain()
    const indexAt = vi.spyOn(log, 'indexAt')
    hub.scores.run()
    expect(indexAt.mock.calls.length).toBe(log.position - oldest)
    expect(new Set(streams.map(({ subscriber }) => subscriber.cursor))).toEqual(new Set([log.position]))
    expect(sumOf(streams[0])).toBe(52)
  })

  it('cost no pass of their own when they stand where the others do', () => {
    const { hub, log, open, flush } = aHub()
    for (let i = 0; i < 5; i++) open()
    const indexAt = vi.spyOn(log, 'indexAt')
    flush('a', 'b', 'c')
    expect(indexAt).toHaveBeenCalledTimes(3)
    hub.scores.run()
    expect(indexAt).toHaveBeenCalledTimes(3)
  })

  it('are closed as slow where the ring has overwritten what they lack, and no others', () => {
    const { hub, open, flush, closed } = aHub({ capacity: 4 })
    const [lost, kept] = [open(), open()]
    lost.outlet.isStalled = true
    flush('a')
    kept.outlet.isStalled = true
    flush('b')
    flush('c', 'd', 'e', 'f')
    for (const { outlet } of [lost, kept]) outlet.drain()
    hub.scores.run()
    expect(closed).toMatchObject([{ reason: 'slow' }])
    expect(texts([lost, kept])).toEqual([data('{"a":1}'), data('{"a":1}') + data('{"b":1}') + data('{"f":1,"e":1,"d":1,"c":1}')])
    expect(lost.outlet.ending).toBe('destroyed')
  })
})

/** The sum of all increments that a stream has got. */
function sumOf(stream: OpenStream | undefined): number {
  let sum = 0
  for (const [, json] of stream?.outlet.text.matchAll(/^data:(.*)$/gm) ?? []) {
    for (const increment of Object.values<number>(JSON.parse(json ?? ''))) sum += increment
  }
  return sum
}
