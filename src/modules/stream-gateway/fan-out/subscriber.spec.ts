import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeOutlet, FakeTransport } from '../../../../test/support/fakes/fake-outlet.js'
import type { CloseReason } from '../../../common/event-bus/app-events.js'
import { Traffic } from '../../../common/stats/stream-stats.js'
import { Audience, NO_OPTIONS } from './audience.js'
import type { Cursor, CursorSubscriber } from './cursor.js'
import { CursorSet } from './cursor-set.js'
import { Subscriber } from './subscriber.js'

const REQUEST = { requestPath: '/subscribe/eps', clientIp: '192.0.2.1', userAgent: 'curl/8', token: null }
const LIMITS = { queueMaxBytes: 10, queueStallMs: 1000, epsStallMs: 3000 }
const OPENED_MS = 500

/** A log of which the test says how much is behind each cursor, and whether that is lost. */
function fakeOwner(conflates: boolean) {
  const log = { position: 0, oldest: 0, bytesBehind: 0 }
  const cursors = new CursorSet(log, { conflates, read: () => null, bytesBehind: () => log.bytesBehind })
  const owner = {
    conflates,
    latest: null,
    part: null,
    open: (subscriber: CursorSubscriber): Cursor => cursors.open(subscriber, owner, 0),
    close: vi.fn<(cursor: Cursor) => void>(),
    onDrained: vi.fn<(cursor: Cursor) => void>(),
    markDrainTarget: () => undefined,
    isPending: () => false,
  }
  return { log, owner }
}

describe('Subscriber', () => {
  const host = { limits: LIMITS, traffic: new Traffic(), onClosed: vi.fn<(subscriber: Subscriber, reason: CloseReason) => void>() }
  let transport: FakeTransport
  let outlet: FakeOutlet
  let sums: ReturnType<typeof fakeOwner>
  let messages: ReturnType<typeof fakeOwner>
  let details: ReturnType<typeof fakeOwner>

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 })
    vi.clearAllMocks()
    host.traffic = new Traffic()
    transport = new FakeTransport()
    outlet = new FakeOutlet(transport)
    sums = fakeOwner(true)
    messages = fakeOwner(false)
    details = fakeOwner(false)
  })
  afterEach(() => void vi.useRealTimers())

  function open(namespaces: readonly string[] = ['eps'], limits = LIMITS, isChunked = true, openedAtMs = OPENED_MS): Subscriber {
    const owners = new Map([
      ['eps', sums.owner],
      ['details', details.owner],
    ])
    const ownerOf = (namespace: string) => owners.get(namespace) ?? messages.owner
    const audience = new Audience({ namespaces, isNamed: namespaces.length > 1, isChunked, ...NO_OPTIONS }, ownerOf, null)
    return new Subscriber(audience, namespaces, REQUEST, outlet, { ...host, limits }, 0, openedAtMs, Number.POSITIVE_INFINITY, null)
  }
  const bytes = (text: string) => Buffer.from(text)
  const now = () => performance.now()

  it('counts the frames that it sends, and not the comments', () => {
    const subscriber = open()
    subscriber.send(bytes('greeting'), 0, OPENED_MS)
    subscriber.send(bytes('one'), 1, OPENED_MS)
    subscriber.post(bytes('three'), 3, OPENED_MS)
    transport.commit()
    subscriber.keepAlive(OPENED_MS, OPENED_MS)
    expect(subscriber.msgsSent).toBe(4)
    expect(outlet.received).toHaveLength(4)
    const sent = 'greetingonethree'.length + subscriber.audience.heartbeatFor([]).length
    expect(host.traffic).toEqual({ frames: 4, bytes: sent, conflated: 0 })
  })

  it('counts the frames that stand for more than one flush', () => {
    const subscriber = open()
    subscriber.conflate(bytes('sum'), OPENED_MS)
    subscriber.post(bytes('one'), 1, OPENED_MS)
    expect([subscriber.conflated, subscriber.msgsSent]).toEqual([1, 2])
    expect(host.traffic).toMatchObject({ frames: 2, conflated: 1 })
  })

  it('has its posts written by the commit, and not before', () => {
    const subscriber = open()
    subscriber.post(bytes('one'), 1, OPENED_MS)
    expect(outlet.received).toEqual([])
    transport.commit()
    expect(outlet.text).toBe('one')
  })

  describe('its end', () => {
    it.each(['slow', 'client', 'error'] as const)('is a cut for the reason %s', (reason) => {
      open().close(reason, 1234)
      expect([outlet.ending, outlet.text]).toEqual(['destroyed', ''])
    })

    it.each([
      ['shutdown', false, undefined, ''],
      ['expired', false, 1234, 'retry:1234\n\n'],
      ['cleanup', true, undefined, '0\r\n\r\n'],
      ['shutdown', true, 1234, 'c\r\nretry:1234\n\n\r\n0\r\n\r\n'],
    ] as const)('is orderly for the reason %s (chunked: %s, retry: %s): %j', (reason, isChunked, retryMs, farewell) => {
      open(['eps'], LIMITS, isChunked).close(reason, retryMs)
      expect([outlet.ending, outlet.text]).toEqual(['ended', farewell])
    })

    it('comes after what was posted', () => {
      const subscriber = open()
      subscriber.post(bytes('one'), 1, OPENED_MS)
      subscriber.close('shutdown')
      expect(outlet.text).toBe('one0\r\n\r\n')
    })

    it('cuts a stream that has not drained, and could not receive the last bytes', () => {
      const subscriber = open()
      outlet.isStalled = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      subscriber.close('shutdown', 1234)
      expect([outlet.ending, outlet.text]).toEqual(['destroyed', ''])
    })

    it.each<[CloseReason, CloseReason]>([
      ['slow', 'client'],
      ['shutdown', 'error'],
    ])('comes once: %s stays the reason when %s follows', (first, second) => {
      const subscriber = open()
      subscriber.close(first)
      const { ending, text } = outlet
      subscriber.close(second, 1234)
      expect(host.onClosed.mock.calls).toEqual([[subscriber, first]])
      expect([outlet.ending, outlet.text]).toEqual([ending, text])
      expect([subscriber.isClosed, subscriber.isReady]).toEqual([true, false])
    })

    it('gives back its cursors', () => {
      const subscriber = open(['eps', 'raw'])
      subscriber.close('client')
      for (const { owner } of [sums, messages]) expect(owner.close).toHaveBeenCalledOnce()
    })

    it('comes with the reason client when a write finds the connection broken', () => {
      const subscriber = open()
      outlet.isBroken = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      expect(host.onClosed.mock.calls).toEqual([[subscriber, 'client']])
    })

    it('comes with the reason client when the commit of a post finds it broken', () => {
      const subscriber = open()
      outlet.isBroken = true
      subscriber.post(bytes('one'), 1, OPENED_MS)
      expect(host.onClosed).not.toHaveBeenCalled()
      transport.commit()
      expect(host.onClosed.mock.calls).toEqual([[subscriber, 'client']])
    })

    it.each(['client', 'error'] as const)('comes with the reason that its outlet tells: %s', (reason) => {
      const subscriber = open()
      outlet.listener.onClosed(reason)
      expect(host.onClosed.mock.calls).toEqual([[subscriber, reason]])
    })

    it('is not followed by a drain', () => {
      const subscriber = open()
      outlet.isStalled = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      subscriber.close('cleanup')
      subscriber.onDrained()
      expect(sums.owner.onDrained).not.toHaveBeenCalled()
    })
  })

  describe('a heartbeat', () => {
    const IDLE_SINCE_MS = 700

    it('goes to a stream that was last written to before, or just then', () => {
      const subscriber = open()
      subscriber.send(bytes('one'), 1, IDLE_SINCE_MS)
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.received.at(-1)).toBe(subscriber.audience.heartbeatFor([]))
    })

    it('counts as a write', () => {
      const subscriber = open()
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      subscriber.keepAlive(899, 1100)
      expect(outlet.received).toHaveLength(1)
      subscriber.keepAlive(900, 1100)
      expect(outlet.received).toHaveLength(2)
    })

    it('does not go to a stream that was written to since, by a frame or by its prelude', () => {
      const subscriber = open()
      subscriber.keepAlive(OPENED_MS - 1, 900)
      subscriber.send(bytes('one'), 1, IDLE_SINCE_MS + 1)
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.text).toBe('one')
    })

    it('does not go to a stream that has not drained, nor to a closed one', () => {
      const subscriber = open()
      outlet.isStalled = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.queuedBytes).toBe('one'.length)
      subscriber.close('client')
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.queuedBytes).toBe('one'.length)
    })
  })

  // The ms of an uptime leave 31 and 32 bits after 24.8 and 49.7 days.
  describe.each([2 ** 31, 2 ** 32, 3 * 2 ** 31])('at an uptime of %d ms', (limitMs) => {
    it('gets a heartbeat once it has been idle, and none before', () => {
      const subscriber = open(['eps'], LIMITS, true, limitMs - 300.5)
      subscriber.send(bytes('one'), 1, limitMs - 100.5)
      subscriber.keepAlive(limitMs - 200, limitMs + 800)
      expect(outlet.text).toBe('one')
      subscriber.keepAlive(limitMs + 100.5, limitMs + 1100)
      expect(outlet.received.at(-1)).toBe(subscriber.audience.heartbeatFor([]))
      subscriber.keepAlive(limitMs + 1099, limitMs + 2099)
      expect(outlet.received).toHaveLength(2)
    })

    it('lags, and is overdue, by the time since its write', () => {
      const subscriber = open(['raw'], LIMITS, true, limitMs - 300)
      outlet.isStalled = true
      subscriber.send(bytes('one'), 1, limitMs - 200)
      expect(subscriber.lagMs(limitMs + 700)).toBe(900)
      expect(subscriber.isOverdue(limitMs + 800)).toBe(false)
      expect(subscriber.isOverdue(limitMs + 801)).toBe(true)
    })
  })

  describe('whose kernel takes no more', () => {
    beforeEach(() => {
      outlet.isStalled = true
    })

    /** Stalls it by a write of so many bytes. */
    const stall = (subscriber: Subscriber, size = 1) => subscriber.send(Buffer.alloc(size), 1, now())

    it('is not ready until all of it has gone, and then tells each of its logs', () => {
      const subscriber = open(['eps', 'raw'])
      expect(subscriber.isReady).toBe(true)
      stall(subscriber, 3)
      expect([subscriber.isReady, subscriber.bufferedBytes]).toEqual([false, 3])
      outlet.drain()
      expect([subscriber.isReady, subscriber.bufferedBytes]).toEqual([true, 0])
      expect(sums.owner.onDrained.mock.calls).toEqual([[subscriber.cursors[0]]])
      expect(messages.owner.onDrained.mock.calls).toEqual([[subscriber.cursors[1]]])
    })

    it('is not ready from the commit of a post on', () => {
      const subscriber = open()
      subscriber.post(bytes('one'), 1, now())
      expect(subscriber.isReady).toBe(true)
      transport.commit()
      expect(subscriber.isReady).toBe(false)
    })

    it('is lost where one of its logs has overwritten what it needs', () => {
      const subscriber = open(['eps', 'raw'])
      expect(subscriber.isLost).toBe(false)
      messages.log.oldest = 1
      expect(subscriber.isLost).toBe(true)
    })

    it('lags since the write that did not go out', () => {
      const subscriber = open()
      expect(subscriber.lagMs(9000)).toBe(0)
      vi.advanceTimersByTime(600)
      stall(subscriber)
      expect(subscriber.lagMs(700)).toBe(100)
    })

    describe('its bound in bytes', () => {
      it('may be reached', () => {
        const subscriber = open(['raw'])
        stall(subscriber, 4)
        messages.log.bytesBehind = 6
        expect(subscriber.isOverdue(now())).toBe(false)
      })

      it('is exceeded by one byte more, in the rest of a write or in its logs', () => {
        const subscriber = open(['raw'])
        stall(subscriber, 4)
        messages.log.bytesBehind = 7
        expect(subscriber.isOverdue(now())).toBe(true)
      })

      it('holds over all of its logs together', () => {
        const subscriber = open(['raw', 'details'])
        stall(subscriber, 1)
        messages.log.bytesBehind = 5
        details.log.bytesBehind = 5
        expect(subscriber.bufferedBytes).toBe(11)
        expect(subscriber.isOverdue(now())).toBe(true)
      })

      it('does not hold while the kernel takes what comes', () => {
        outlet.isStalled = false
        const subscriber = open(['raw'])
        for (let i = 0; i < 100; i++) stall(subscriber, 100)
        messages.log.bytesBehind = 1000
        expect(subscriber.isOverdue(now())).toBe(false)
      })

      it('does not hold for eps frames, of which at most one ever waits', () => {
        const subscriber = open()
        stall(subscriber, 100)
        expect(subscriber.isOverdue(now())).toBe(false)
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
        stall(subscriber)
        expect(subscriber.isOverdue(now() + boundMs)).toBe(false)
        expect(subscriber.isOverdue(now() + boundMs + 1)).toBe(true)
      })

      it('counts from when it began to stall, also where more is in its logs since', () => {
        const subscriber = open(['raw'])
        stall(subscriber)
        vi.advanceTimersByTime(900)
        messages.log.bytesBehind = 5
        vi.advanceTimersByTime(101)
        expect(subscriber.isOverdue(now())).toBe(true)
      })

      it('counts anew after a drain', () => {
        const subscriber = open(['raw'])
        stall(subscriber)
        vi.advanceTimersByTime(900)
        outlet.drain()
        outlet.isStalled = true
        expect(subscriber.isOverdue(now() + 10_000)).toBe(false)
        vi.advanceTimersByTime(900)
        stall(subscriber)
        expect(subscriber.isOverdue(now() + 1000)).toBe(false)
        expect(subscriber.isOverdue(now() + 1001)).toBe(true)
      })
    })
  })
})
