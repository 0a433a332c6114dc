import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../../test/support/fakes/a-hub.js'
import { ScoreSummary } from '../../../common/score-log/score-summary.js'

const data = (json: string) => `data:${json}\n\n`
const texts = (streams: readonly OpenStream[]) => streams.map(({ outlet }) => outlet.text)
const turn = () => vi.advanceTimersToNextTimer()
/** Each stream has one log here, and so one cursor. */
const positionOf = ({ subscriber }: OpenStream) => subscriber.cursors[0]?.position ?? Number.NaN

/** The sum of all increments that a stream has received. */
function sumOf(stream: OpenStream | undefined): number {
  let sum = 0
  for (const [, json] of stream?.outlet.text.matchAll(/^data:(.*)$/gm) ?? []) {
    for (const increment of Object.values<number>(JSON.parse(json ?? ''))) sum += increment
  }
  return sum
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('FanOut', () => {
  it('brings one frame per flush, with the sum since the one before, to eps streams alone', () => {
    const { open, flush } = aHub()
    const streams = [open(['eps']), open(['eps', 'details']), open(['details'])]
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

  it.each([
    ['eps', 'eps', 1],
    ['raw', 'raw', 0],
  ])('encodes a frame of %s once for each way of framing: all that share it get the same bytes', (_name, namespace, sums) => {
    const { open, flush } = aHub()
    const kinds = [false, true].flatMap((isNamed) => [false, true].map((isChunked) => ({ isNamed, isChunked })))
    const streams = kinds.map((kind) => [
      open([namespace], kind),
      open([namespace], kind),
      open([namespace, 'details/1'], kind),
      open(['details/2', namespace], kind),
    ])
    const encode = vi.spyOn(ScoreSummary.prototype, 'toData')
    flush('a')
    expect(encode).toHaveBeenCalledTimes(sums)
    const frames = streams.map((same) => new Set(same.map(({ outlet }) => outlet.received[0])))
    expect(frames.map(({ size }) => size)).toEqual([1, 1, 1, 1])
    expect(new Set(streams.map(([first]) => first?.outlet.text)).size).toBe(kinds.length)
  })

  it('encodes nothing where nobody listens', () => {
    const { broadcaster, open, flush } = aHub()
    const encode = vi.spyOn(ScoreSummary.prototype, 'toData')
    open(['raw'])
    flush('a')
    expect(encode).not.toHaveBeenCalled()
    expect(broadcaster.eps.rounds).toBe(1)
  })

  it('announces each round that has brought a flush to its subscribers, and none without one', () => {
    const { bus, open, flush } = aHub({ slice: 1 })
    const finished: { readonly flushedAtMs: number; readonly tookMs: number; readonly lagMs: number }[] = []
    bus.on('round.finished', (event) => finished.push(event))
    flush('a')
    expect(finished).toEqual([])
    for (let i = 0; i < 3; i++) open()
    const flushedAtMs = performance.now()
    flush('b')
    expect(finished).toEqual([])
    turn()
    turn()
    turn()
    expect(finished).toMatchObject([{ flushedAtMs, tookMs: performance.now() - flushedAtMs, lagMs: performance.now() - flushedAtMs }])
  })

  it('skips a subscriber that is closed by then, by others or by the round itself', () => {
    const { open, flush, turns, closed } = aHub({ slice: 1 })
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
      const { broadcaster, open, flush, turns } = aHub({ slice: 1 })
      const streams = [open(), open(), open()]
      flush('a')
      expect(texts(streams).filter((text) => text !== '')).toHaveLength(1)
      flush('b')
      turn()
      flush('c', 'b')
      turns()
      expect(texts(streams)).toEqual(streams.map(() => data('{"a":1}') + data('{"b":2,"c":1}')))
      expect(broadcaster.eps.rounds).toBe(2)
    })

    it('serves a subscriber that opens meanwhile from the next flush on', () => {
      const { open, flush, turns } = aHub({ slice: 1 })
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

    it('commits the posts of each slice at its end', () => {
      const { open, flush, turns, transport } = aHub({ slice: 2 })
      const streams = Array.from({ length: 5 }, () => open())
      flush('a')
      expect([transport.commits, texts(streams).filter((text) => text !== '').length]).toEqual([1, 2])
      turn()
      expect([transport.commits, texts(streams).filter((text) => text !== '').length]).toEqual([2, 4])
      turns()
      expect([transport.commits, texts(streams).filter((text) => text !== '').length]).toEqual([3, 5])
    })

    it('waits before each further slice while new connections come, for 10 ms at most', () => {
      const { open, flush, slices, turns } = aHub({ slice: 1 })
      vi.advanceTimersByTime(100)
      const streams = [open(), open(), open()]
      flush('a')
      turn()
      const served = () => texts(streams).filter((text) => text !== '').length
      expect(served()).toBe(2)
      for (let i = 0; i < 5; i++) {
        slices.noteConnection()
        turn()
      }
      expect(served()).toBe(2)
      turns()
      expect(texts(streams)).toEqual(streams.map(() => data('{"a":1}')))
    })
  })

  it.each([2, 3, 4, 5, 6, 7, 8, 9])('does not serve the same one of %i last in every round', (count) => {
    const { open, flush, turns } = aHub({ slice: 3 })
    const posts = Array.from({ length: count }, () => vi.spyOn(open().outlet, 'post'))
    const last = new Set<number>()
    for (let round = 0; round < 2 * count; round++) {
      flush('a')
      turns()
      const orders = posts.map(({ mock }) => mock.invocationCallOrder.at(-1) ?? 0)
      expect(posts.map(({ mock }) => mock.calls.length)).toEqual(posts.map(() => round + 1))
      last.add(orders.indexOf(Math.max(...orders)))
    }
    expect(last.size).toBeGreaterThan(1)
  })

  it('has data pending for a ready subscriber until the flush of what had come at the drain target', () => {
    const { hub, log, open, flush } = aHub()
    const [ready, stalled] = [open(), open()]
    stalled.outlet.isStalled = true
    flush('a')
    const pending = () => [ready, stalled].map(({ subscriber }) => subscriber.isPending)
    hub.markDrainTarget()
    expect(pending()).toEqual([false, false])
    log.append(Buffer.from('b'))
    expect(pending()).toEqual([false, false])
    hub.markDrainTarget()
    expect(pending()).toEqual([true, false])
    flush()
    expect(pending()).toEqual([false, false])
    stalled.outlet.drain()
    expect(pending()).toEqual([false, true])
  })
})

describe('eps subscribers that do not drain', () => {
  it('are skipped, and get one frame with the sum at the first flush after they have drained', () => {
    const { open, flush } = aHub()
    const [slow, other] = [open(), open()]
    slow.outlet.isStalled = true
    for (const id of ['a', 'b', 'b', 'c']) flush(id)
    expect(slow.outlet.queuedBytes).toBe(data('{"a":1}').length)
    slow.outlet.drain()
    flush('b')
    expect(texts([slow])).toEqual([data('{"a":1}') + data('{"b":3,"c":1}')])
    expect(other.outlet.received).toHaveLength(5)
    expect([slow, other].map(({ subscriber }) => subscriber.conflated)).toEqual([1, 0])
  })

  it('get the sum in one frame without a flush soon after they have drained', () => {
    const { broadcaster, open, flush, settle } = aHub()
    const [slow, other] = [open(), open()]
    slow.outlet.isStalled = true
    for (const id of ['a', 'b', 'b']) flush(id)
    expect(vi.getTimerCount()).toBe(0)
    slow.outlet.drain()
    expect(vi.getTimerCount()).toBe(1)
    settle()
    expect(texts([slow])).toEqual([data('{"a":1}') + data('{"b":2}')])
    expect(other.outlet.received).toHaveLength(3)
    settle()
    expect(slow.outlet.received).toHaveLength(2)
    // A round that brings no subscriber to a new flush does not count.
    expect(broadcaster.eps.rounds).toBe(3)
  })

  it('ask for nothing when they drain with nothing to get', () => {
    const { open, flush } = aHub()
    const slow = open()
    slow.outlet.isStalled = true
    flush('a')
    slow.outlet.drain()
    expect(vi.getTimerCount()).toBe(0)
    expect(texts([slow])).toEqual([data('{"a":1}')])
  })

  it('are not forgotten when their catch-up comes while a round is under way that has passed them by', () => {
    const { broadcaster, open, flush, turns } = aHub({ slice: 1 })
    const streams = Array.from({ length: 6 }, () => open())
    for (const { outlet } of streams) outlet.isStalled = true
    flush('a')
    turns()
    // The first of the next round drains when it has been passed by, and its catch-up finds the round still under way.
    flush('b')
    for (const { outlet } of streams) outlet.drain()
    broadcaster.eps.catchUp()
    turns()
    expect(texts(streams)).toEqual(streams.map(() => data('{"a":1}') + data('{"b":1}')))
  })

  it('cost one backward pass over the log, however many they are and wherever their cursors are', () => {
    const { log, open, flush, settle } = aHub({ capacity: 4096 })
    const streams = Array.from({ length: 50 }, () => open())
    for (const [index, { outlet }] of streams.entries()) {
      outlet.isStalled = true
      flush('a')
      // Their cursors differ, up to a distance of 50 and more.
      for (const drained of streams.slice(index + 1)) drained.outlet.drain()
    }
    const indexAt = vi.spyOn(log, 'indexAt')
    flush('b', 'c')
    const oldest = Math.min(...streams.map(positionOf))
    expect(new Set(streams.map(positionOf)).size).toBe(50)
    for (const { outlet } of streams) outlet.drain()
    settle()
    // The totals read the last two updates as well.
    expect(indexAt.mock.calls.length).toBe(log.position - oldest + 2)
    expect(new Set(streams.map(positionOf))).toEqual(new Set([log.position]))
    expect(sumOf(streams[0])).toBe(52)
  })

  it('cost no pass of their own when their cursors are where the others are', () => {
    const { broadcaster, log, open, flush, settle } = aHub()
    for (let i = 0; i < 5; i++) open()
    const indexAt = vi.spyOn(log, 'indexAt')
    flush('a', 'b', 'c')
    // Once for the round, and once for the totals.
    expect(indexAt).toHaveBeenCalledTimes(6)
    broadcaster.eps.flush(log.position, 0)
    settle()
    expect(indexAt).toHaveBeenCalledTimes(6)
  })

  it('are closed as slow where the ring has overwritten what they lack, and no others', () => {
    const { open, flush, settle, closed } = aHub({ capacity: 4 })
    const [lost, kept] = [open(), open()]
    lost.outlet.isStalled = true
    flush('a')
    kept.outlet.isStalled = true
    flush('b')
    flush('c', 'd', 'e', 'f')
    for (const { outlet } of [lost, kept]) outlet.drain()
    settle()
    expect(closed.map(({ subscriber, reason }) => [...subscriber.namespaces, reason])).toEqual([['eps', 'slow']])
    expect(texts([lost, kept])).toEqual([data('{"a":1}'), data('{"a":1}') + data('{"b":1}') + data('{"f":1,"e":1,"d":1,"c":1}')])
    expect(lost.outlet.ending).toBe('destroyed')
  })
})

describe('raw subscribers', () => {
  const frames = (...ids: readonly string[]) => ids.map(data).join('')

  it('get the updates of one batch in one write', () => {
    const { open, append } = aHub()
    const stream = open(['raw'])
    append('a', 'b', 'a')
    append('c')
    expect(stream.outlet.received.map(String)).toEqual([frames('a', 'b', 'a'), frames('c')])
    expect(stream.subscriber).toMatchObject({ msgsSent: 4, conflated: 0 })
  })

  it('have no more than one write in their outlet, and read on from the ring once they drain', () => {
    const { open, append, settle } = aHub()
    const { outlet, subscriber } = open(['raw'])
    outlet.isStalled = true
    append('a')
    for (const id of ['b', 'c', 'd']) append(id)
    expect(outlet.queuedBytes).toBe(frames('a').length)
    expect(subscriber.bufferedBytes).toBe(frames('a', 'b', 'c', 'd').length)
    outlet.drain()
    settle()
    expect(outlet.received.map(String)).toEqual([frames('a'), frames('b', 'c', 'd')])
    expect(subscriber).toMatchObject({ msgsSent: 4, conflated: 0, bufferedBytes: 0 })
  })

  it('read on in pieces of 64 KiB, each in a turn of its own, also where they stall in between', () => {
    const { open, append, turns, settle, transport } = aHub({ capacity: 4096, maxIds: 4096, limits: { queueMaxBytes: 1e6 } })
    const ids = Array.from({ length: 2000 }, (_, n) => `${n}-`.padEnd(100, 'x'))
    const [slow, swift] = [open(['raw']), open(['raw'])]
    slow.outlet.isStalled = true
    append(...ids)
    turns()
    const { commits } = transport
    slow.outlet.drain()
    vi.advanceTimersToNextTimer()
    expect(transport.commits).toBe(commits + 1)
    slow.outlet.isStalled = true
    turns()
    slow.outlet.drain()
    settle()
    for (const { outlet } of [slow, swift]) {
      expect(outlet.text).toBe(frames(...ids))
      for (const bytes of outlet.received) expect(bytes.length).toBeLessThanOrEqual(65_536)
    }
  })

  it('are closed as slow where the ring has overwritten an update that they lack, and never skip one', () => {
    const { open, append, settle, closed } = aHub({ capacity: 4 })
    const { outlet } = open(['raw'])
    outlet.isStalled = true
    append('a')
    append('b', 'c', 'd', 'e', 'f')
    outlet.drain()
    settle()
    expect(outlet.text).toBe(frames('a'))
    expect(closed.map(({ reason }) => reason)).toEqual(['slow'])
  })
})
