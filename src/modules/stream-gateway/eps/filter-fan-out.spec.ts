import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../../test/support/fakes/a-hub.js'
import { FrameVariants } from '../../../common/core/sse-frame.js'

const data = (json: string) => `data:${json}\n\n`
const texts = (streams: readonly OpenStream[]) => streams.map(({ outlet }) => outlet.text)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('filters', () => {
  it('get one frame for a flush with the increments of their ids alone, and none where those did not come', () => {
    const { open, flush } = aHub()
    const streams = [open(['eps/a']), open(['eps/b', 'eps/a', 'eps/c']), open(['eps/d'])]
    flush('a', 'x', 'b', 'a')
    flush('x', 'y')
    flush('b')
    expect(texts(streams)).toEqual([data('{"a":2}'), `event:eps\n${data('{"a":2,"b":1}')}event:eps\n${data('{"b":1}')}`, ''])
  })

  it('share their bytes: a frame is encoded once for all subscribers of the same ids', () => {
    const { open, flush } = aHub()
    const streams = [
      open(['eps/a']),
      open(['eps/a']),
      open(['eps/a', 'details/1'], { isNamed: false }),
      open(['eps/a', 'details/2'], { isNamed: false }),
    ]
    const encodings = vi.spyOn(FrameVariants, 'of')
    flush('a')
    expect(encodings).toHaveBeenCalledOnce()
    const [frame] = streams.map(({ outlet }) => outlet.received[0])
    for (const { outlet } of streams) expect(outlet.received[0]).toBe(frame)
  })

  it('read the log once for a flush, however many there are, and visit none whose ids did not come', () => {
    const { log, open, flush } = aHub()
    const idle = Array.from({ length: 50 }, (_, n) => open([`eps/idle-${n}`]))
    open(['eps/a'])
    open(['eps/a', 'eps/b'])
    const indexAt = vi.spyOn(log, 'indexAt')
    const visits = idle.map(({ subscriber }) => vi.spyOn(subscriber, 'isReady', 'get'))
    flush('a', 'b', 'a')
    // Once for the filters, and once for the totals that the test keeps.
    expect(indexAt).toHaveBeenCalledTimes(6)
    for (const visit of visits) expect(visit).not.toHaveBeenCalled()
  })

  it('get one frame with the sum of what they have missed when they drain, though the ring has long overwritten it', () => {
    const { log, open, flush, settle } = aHub({ capacity: 4 })
    const stream = open(['eps/a'])
    stream.outlet.isStalled = true
    flush('a')
    for (let n = 0; n < 20; n++) flush('a', 'x')
    expect(log.oldest).toBeGreaterThan(30)
    stream.outlet.drain()
    settle()
    expect(texts([stream])).toEqual([data('{"a":1}') + data('{"a":20}')])
    expect(stream.subscriber.conflated).toBe(1)
  })

  it('resume with one pass over the log, newest first, and get one frame each', () => {
    const { log, open, flush, settle } = aHub()
    flush('a', 'b', 'a', 'c', 'a')
    const indexAt = vi.spyOn(log, 'indexAt')
    const streams = [2, 0, 4, 5, 2].map((at) => open(['eps/a'], { start: { eps: at, raw: at, message: { at, ordinal: null } } }))
    settle()
    expect(texts(streams)).toEqual([data('{"a":2}'), data('{"a":3}'), data('{"a":1}'), '', data('{"a":2}')])
    expect(indexAt).toHaveBeenCalledTimes(5)
    flush('a')
    expect(streams.map(({ outlet }) => outlet.text.endsWith(data('{"a":1}')))).toEqual(Array(5).fill(true))
  })

  it('that resume from a place that the ring no longer holds are closed as slow', () => {
    const { open, flush, settle, closed } = aHub({ capacity: 4 })
    flush('a', 'b', 'a', 'c', 'a', 'a')
    open(['eps/a'], { start: { eps: 1, raw: 1, message: { at: 1, ordinal: null } } })
    settle()
    expect(closed.map(({ reason }) => reason)).toEqual(['slow'])
  })

  it('send the totals of the ids that came, where those are wanted', () => {
    const { open, flush } = aHub()
    flush('a', 'a', 'b')
    const stream = open(['eps/a', 'eps/b'], { options: { hasTotals: true } })
    flush('a', 'x')
    expect(texts([stream])).toEqual([`event:eps\n${data('{"a":3}')}`])
  })

  it('have nothing pending once they have what came before the drain', () => {
    const { hub, open, append, flush } = aHub()
    const stream = open(['eps/a'])
    append('a')
    hub.markDrainTarget()
    expect(stream.subscriber.isPending).toBe(true)
    flush()
    expect(stream.subscriber.isPending).toBe(false)
  })
})

describe('rates', () => {
  const flushEach = (world: ReturnType<typeof aHub>, ms: number, times: number) => {
    for (let n = 0; n < times; n++) {
      world.flush('a')
      vi.advanceTimersByTime(ms)
    }
  }

  it.each([
    ['eps', '{"a":1}'],
    ['eps/a', '{"a":1}'],
  ])('bound the frames of %s in any second; the last update comes within the period of the rate', (namespace, first) => {
    const world = aHub()
    const [slow, fast] = [world.open([namespace], { options: { rate: 10 } }), world.open([namespace])]
    flushEach(world, 17, 100)
    const frames = slow.outlet.received.length
    expect(frames).toBeGreaterThan(15)
    expect(frames).toBeLessThanOrEqual(18)
    vi.advanceTimersByTime(101)
    const sums = [slow, fast].map(({ outlet }) => [...outlet.text.matchAll(/"a":(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0))
    expect(sums).toEqual([100, 100])
    expect(slow.outlet.text.startsWith(data(first))).toBe(true)
  })

  it('share their bytes, and are forgotten with their last subscriber', () => {
    const world = aHub()
    const streams = [3, 3, 5].map((rate) => world.open(['eps'], { options: { rate } }))
    flushEach(world, 17, 50)
    const [one, two, other] = streams.map(({ outlet }) => outlet.received)
    expect(one).toHaveLength(3)
    for (const [at, frame] of (one ?? []).entries()) expect(two?.[at]).toBe(frame)
    expect(other).toHaveLength(5)
    for (const { subscriber } of streams) subscriber.close('client')
    world.flush('a')
    expect(world.eps.isIdle).toBe(true)
  })

  it('have one timer for all of them, which waits only where there is something to send', () => {
    const world = aHub()
    for (const rate of [1, 2, 30]) world.open(['eps'], { options: { rate } })
    expect(world.registry.doesExist('timeout', 'rate')).toBe(false)
    world.flush('a')
    world.flush('a')
    expect(world.registry.getTimeouts().filter((name) => name === 'rate')).toEqual(['rate'])
    vi.advanceTimersByTime(1001)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('of EPS_MAX_HZ or more are no rates of their own', () => {
    const world = aHub({ limits: { epsMaxHz: 10 } })
    world.open(['eps'], { options: { rate: 10 } })
    world.open(['eps'], { options: { rate: 60 } })
    expect(world.eps.isIdle).toBe(true)
  })

  it('do not hold up the end of a stream: a drain sends what is pending at once', () => {
    const world = aHub()
    const stream = world.open(['eps'], { options: { rate: 1 } })
    world.flush('a')
    world.flush('b')
    expect(texts([stream])).toEqual([data('{"a":1}')])
    world.hub.markDrainTarget()
    expect(texts([stream])).toEqual([data('{"a":1}') + data('{"b":1}')])
    expect(stream.subscriber.isPending).toBe(false)
  })

  it('send a frame early where the ring would overwrite what it sums up', () => {
    const world = aHub({ capacity: 8 })
    const stream = world.open(['eps'], { options: { rate: 1 } })
    for (let n = 0; n < 30; n++) world.flush('a')
    vi.advanceTimersByTime(1001)
    expect(stream.subscriber.isClosed).toBe(false)
    expect([...stream.outlet.text.matchAll(/"a":(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)).toBe(30)
  })
})
