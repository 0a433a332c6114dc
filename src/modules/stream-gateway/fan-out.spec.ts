import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../test/support/fakes/a-hub.js'
import { Audience } from './audience.js'

const data = (json: string) => `data:${json}\n\n`
const texts = (streams: readonly OpenStream[]) => streams.map(({ outlet }) => outlet.text)

/** Turns of the event loop, as many as there is something to do in. */
const turns = () => vi.runAllTimers()
const turn = () => vi.advanceTimersToNextTimer()

describe('FanOut', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('brings one frame per flush, with the sum since the one before, to eps streams alone', () => {
    const { open, flush } = aHub()
    const streams = [open(['eps']), open(['eps', 'raw']), open(['raw'])]
    flush('a', 'b', 'a')
    flush('b')
    expect(texts(streams)).toEqual([
      data('{"a":2,"b":1}') + data('{"b":1}'),
      `event:eps\n${data('{"a":2,"b":1}')}event:eps\n${data('{"b":1}')}`,
      '',
    ])
    expect(streams.map(({ subscriber }) => subscriber.msgsSent)).toEqual([2, 2, 0])
  })

  it('starts a new subscriber at the last flush', () => {
    const { log, open, flush } = aHub()
    flush('before')
    log.append(Buffer.from('between'))
    const stream = open()
    flush('after')
    expect(texts([stream])).toEqual([data('{"after":1,"between":1}')])
  })

  it('encodes a frame once for each way of framing: all who share it get the same bytes', () => {
    const { open, flush } = aHub()
    const kinds = [false, true].flatMap((isNamed) => [false, true].map((isChunked) => ({ isNamed, isChunked })))
    const encode = vi.spyOn(Audience.prototype, 'encode')
    const streams = kinds.map((kind) => [open(['eps'], kind), open(['eps'], kind), open(['eps', 'raw'], kind)])
    flush('a')
    expect(encode).toHaveBeenCalledTimes(kinds.length)
    const frames = streams.map((same) => new Set(same.map(({ outlet }) => outlet.received[0])))
    expect(frames.map(({ size }) => size)).toEqual([1, 1, 1, 1])
    expect(new Set(streams.map(([first]) => first?.outlet.text)).size).toBe(kinds.length)
  })

  it('encodes nothing where nobody listens', () => {
    const { hub, open, flush } = aHub()
    const encode = vi.spyOn(Audience.prototype, 'encode')
    open(['raw'])
    flush('a')
    expect(encode).not.toHaveBeenCalled()
    expect(hub.scores.rounds).toBe(1)
  })

  it('skips who is closed by then, by others or by the round itself', () => {
    const { open, flush, closed } = aHub({ slice: 1 })
    const [first, gone, broken, last] = [open(), open(), open(), open()]
    broken.outlet.isBroken = true
    flush('a')
    gone.subscriber.close('client')
    turns()
    expect(texts([first, gone, broken, last])).toEqual([data('{"a":1}'), '', '', data('{"a":1}')])
    expect(closed.map(({ reason }) => reason)).toEqual(['client', 'client'])
  })

  describe('a round that takes several turns', () => {
    it('is followed by one that covers all flushes that came meanwhile', () => {
      const { hub, open, flush } = aHub({ slice: 1 })
      const streams = [open(), open(), open()]
      flush('a')
      expect(texts(streams).filter((text) => text !== '')).toHaveLength(1)
      flush('b')
      turn()
      flush('c', 'b')
      turns()
      expect(texts(streams)).toEqual(streams.map(() => data('{"a":1}') + data('{"b":2,"c":1}')))
      expect(hub.scores.rounds).toBe(2)
    })

    it('serves who comes meanwhile from the next flush on', () => {
      const { open, flush } = aHub({ slice: 1 })
      const streams = [open(), open(), open()]
      flush('a')
      const late = open()
      flush('b')
      const latest = open()
      turns()
      flush('c')
      turns()
      expect(texts(streams)).toEqual(streams.map(() => data('{"a":1}') + data('{"b":1}') + data('{"c":1}')))
      expect(texts([late, latest])).toEqual([data('{"b":1}') + data('{"c":1}'), data('{"c":1}')])
    })

    it('waits before each further slice for as long as it is told to', () => {
      let mustWait = true
      const { open, flush } = aHub({ slice: 1, mustWait: () => mustWait })
      const streams = [open(), open()]
      flush('a')
      for (let i = 0; i < 5; i++) turn()
      expect(texts(streams).filter((text) => text !== '')).toHaveLength(1)
      mustWait = false
      turns()
      expect(texts(streams)).toEqual([data('{"a":1}'), data('{"a":1}')])
    })
  })

  it.each([2, 3, 4, 5, 6, 7, 8, 9])('does not serve the same one of %i last in every round', (count) => {
    const { open, flush } = aHub({ slice: 3 })
    const writes = Array.from({ length: count }, () => vi.spyOn(open().outlet, 'write'))
    const last = new Set<number>()
    for (let round = 0; round < 2 * count; round++) {
      flush('a')
      turns()
      const orders = writes.map(({ mock }) => mock.invocationCallOrder.at(-1) ?? 0)
      expect(writes.map(({ mock }) => mock.calls.length)).toEqual(writes.map(() => round + 1))
      last.add(orders.indexOf(Math.max(...orders)))
    }
    expect(last.size).toBeGreaterThan(1)
  })
})
