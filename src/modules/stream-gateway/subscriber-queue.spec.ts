import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeOutlet } from '../../../test/support/fake-outlet.js'
import { Traffic } from '../../common/stats/stream-stats.js'
import { Audience } from './audience.js'
import { Subscriber } from './subscriber.js'

const REQUEST = { requestPath: '/subscribe/raw', clientIp: '192.0.2.1', userAgent: '' }
const LIMITS = { queueMaxBytes: 10, queueStallMs: 1000, epsStallMs: 3000 }

describe('a subscriber whose kernel takes no more', () => {
  const host = { limits: LIMITS, traffic: new Traffic(), drained: vi.fn(), closed: vi.fn() }
  let outlet: FakeOutlet

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 })
    vi.clearAllMocks()
    outlet = new FakeOutlet()
    outlet.isStalled = true
  })
  afterEach(() => void vi.useRealTimers())

  const open = (namespaces: readonly string[], limits = LIMITS) => {
    const audience = new Audience({ namespaces, isNamed: namespaces.length > 1, isChunked: false })
    return new Subscriber(audience, REQUEST, 0, 0, outlet, { ...host, limits })
  }
  const now = () => performance.now()
  const queue = (subscriber: Subscriber, bytes: number) => subscriber.post(Buffer.alloc(bytes), 1, now())

  it('is not ready until all of it has gone, and then says so', () => {
    const subscriber = open(['raw'])
    expect(subscriber.isReady).toBe(true)
    queue(subscriber, 3)
    expect(subscriber.isReady).toBe(false)
    outlet.drain()
    expect(subscriber.isReady).toBe(true)
    expect(host.drained.mock.calls).toEqual([[subscriber]])
  })

  describe('its bound in bytes', () => {
    it('may be reached', () => {
      const subscriber = open(['raw'])
      queue(subscriber, 4)
      queue(subscriber, 6)
      expect(subscriber.isClosed).toBe(false)
      outlet.drain()
      expect(outlet.received.map(({ length }) => length)).toEqual([4, 6])
    })

    it('closes it as slow when it is exceeded, however few the frames', () => {
      const subscriber = open(['raw'])
      queue(subscriber, 10)
      queue(subscriber, 1)
      expect(host.closed.mock.calls).toEqual([[subscriber, 'slow']])
      expect(outlet.ending).toBe('destroyed')
    })

    it('does not hold for what the kernel takes', () => {
      outlet.isStalled = false
      const subscriber = open(['raw'])
      for (let i = 0; i < 100; i++) queue(subscriber, 100)
      expect(subscriber.isClosed).toBe(false)
    })

    it('does not hold for eps frames, of which at most one ever waits', () => {
      const subscriber = open(['eps'])
      subscriber.send(Buffer.alloc(100), 1, now())
      expect(subscriber.isClosed).toBe(false)
    })
  })

  describe('its bound in time', () => {
    it.each([
      ['EPS_STALL_MS', ['eps'], LIMITS, 3000],
      ['QUEUE_STALL_MS', ['raw'], LIMITS, 1000],
      ['QUEUE_STALL_MS', ['details/2665'], LIMITS, 1000],
      ['QUEUE_STALL_MS, the lower one,', ['eps', 'raw'], LIMITS, 1000],
      ['EPS_STALL_MS, the lower one,', ['eps', 'raw'], { ...LIMITS, epsStallMs: 400 }, 400],
    ] as const)('is %s for %j', (_name, namespaces, limits, boundMs) => {
      const subscriber = open(namespaces, limits)
      vi.advanceTimersByTime(50)
      subscriber.send(Buffer.alloc(1), 1, now())
      expect(subscriber.isOverdue(now() + boundMs)).toBe(false)
      expect(subscriber.isOverdue(now() + boundMs + 1)).toBe(true)
    })

    it('counts from when it began to stall, also where more is queued since', () => {
      const subscriber = open(['raw'])
      queue(subscriber, 1)
      vi.advanceTimersByTime(900)
      queue(subscriber, 1)
      vi.advanceTimersByTime(101)
      expect(subscriber.isOverdue(now())).toBe(true)
    })

    it('counts anew after a drain', () => {
      const subscriber = open(['raw'])
      queue(subscriber, 1)
      vi.advanceTimersByTime(900)
      outlet.drain()
      outlet.isStalled = true
      expect(subscriber.isOverdue(now() + 10_000)).toBe(false)
      vi.advanceTimersByTime(900)
      queue(subscriber, 1)
      expect(subscriber.isOverdue(now() + 1000)).toBe(false)
      expect(subscriber.isOverdue(now() + 1001)).toBe(true)
    })

    it('counts anew when what waited has gone and more waits behind it: that is progress, and no drain', () => {
      const subscriber = open(['raw'])
      queue(subscriber, 1)
      vi.advanceTimersByTime(600)
      queue(subscriber, 2)
      outlet.read(1)
      expect(host.drained).not.toHaveBeenCalled()
      expect(subscriber.isReady).toBe(false)
      expect(subscriber.isOverdue(now() + 1000)).toBe(false)
      expect(subscriber.isOverdue(now() + 1001)).toBe(true)
      outlet.read(1)
      expect(host.drained.mock.calls).toEqual([[subscriber]])
      expect(subscriber.isReady).toBe(true)
    })
  })
})
