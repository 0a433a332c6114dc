import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeOutlet } from '../../../test/support/fake-outlet.js'
import type { CloseReason } from '../../common/event-bus/app-events.js'
import { Traffic } from '../../common/stats/stream-stats.js'
import { Audience } from './audience.js'
import { Subscriber } from './subscriber.js'

const REQUEST = { requestPath: '/subscribe/eps', clientIp: '192.0.2.1', userAgent: 'curl/8' }
const LIMITS = { queueMaxBytes: 10, queueStallMs: 1000, epsStallMs: 3000 }
const OPENED_MS = 500

describe('Subscriber', () => {
  const host = { limits: LIMITS, traffic: new Traffic(), drained: vi.fn(), closed: vi.fn() }
  let outlet: FakeOutlet

  beforeEach(() => {
    vi.clearAllMocks()
    outlet = new FakeOutlet()
  })

  const open = (...namespaces: string[]) => {
    const audience = new Audience({ namespaces, isNamed: namespaces.length > 1, isChunked: true })
    return new Subscriber(audience, REQUEST, 0, OPENED_MS, outlet, host)
  }
  const bytes = (text: string) => Buffer.from(text)

  it('counts the frames that it sends, and not the comments', () => {
    const subscriber = open('eps')
    subscriber.send(bytes('greeting'), 0, OPENED_MS)
    subscriber.send(bytes('one'), 1, OPENED_MS)
    subscriber.post(bytes('three'), 3, OPENED_MS)
    subscriber.keepAlive(OPENED_MS, OPENED_MS)
    expect(subscriber.msgsSent).toBe(4)
    expect(outlet.received).toHaveLength(4)
  })

  describe('its end', () => {
    const farewell = (retryMs?: number) => open('eps').audience.encodeFarewell(retryMs).toString()

    it.each(['slow', 'client', 'error'] as const)('is a cut for the reason %s', (reason) => {
      open('eps').close(reason, 1234)
      expect([outlet.ending, outlet.text]).toEqual(['destroyed', ''])
    })

    it.each(['shutdown', 'expired', 'cleanup'] as const)('is orderly for the reason %s', (reason) => {
      open('eps').close(reason)
      expect([outlet.ending, outlet.text]).toEqual(['ended', farewell()])
    })

    it('tells when to come back, where that is given', () => {
      open('eps').close('shutdown', 1234)
      expect(outlet.text).toBe(farewell(1234))
      expect(outlet.text).toContain('retry:1234\n\n')
    })

    it('is a cut for one that has not drained, which could not hear a last word', () => {
      const subscriber = open('eps')
      outlet.isStalled = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      subscriber.close('shutdown', 1234)
      expect([outlet.ending, outlet.text]).toEqual(['destroyed', ''])
    })

    it.each<[CloseReason, CloseReason]>([
      ['slow', 'client'],
      ['shutdown', 'error'],
    ])('comes once: %s stays the reason when %s follows', (first, second) => {
      const subscriber = open('eps')
      subscriber.close(first)
      const { ending, text } = outlet
      subscriber.close(second, 1234)
      expect(host.closed.mock.calls).toEqual([[subscriber, first]])
      expect([outlet.ending, outlet.text]).toEqual([ending, text])
      expect([subscriber.isClosed, subscriber.isReady]).toEqual([true, false])
    })

    it('comes with the reason client when a write finds the connection broken', () => {
      const subscriber = open('eps')
      outlet.isBroken = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      expect(host.closed.mock.calls).toEqual([[subscriber, 'client']])
    })

    it('is not followed by a drain', () => {
      const subscriber = open('eps')
      outlet.isStalled = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      subscriber.close('cleanup')
      outlet.drain()
      expect(host.drained).not.toHaveBeenCalled()
    })
  })

  describe('a heartbeat', () => {
    const IDLE_SINCE_MS = 700

    it('goes to a stream that was last written to before, or just then', () => {
      const subscriber = open('eps')
      subscriber.send(bytes('one'), 1, IDLE_SINCE_MS)
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.received.at(-1)).toBe(subscriber.audience.heartbeat)
    })

    it('counts as a write', () => {
      const subscriber = open('eps')
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      subscriber.keepAlive(899, 1100)
      expect(outlet.received).toHaveLength(1)
      subscriber.keepAlive(900, 1100)
      expect(outlet.received).toHaveLength(2)
    })

    it('does not go to one that was written to since, by a frame or by its greeting', () => {
      const subscriber = open('eps')
      subscriber.keepAlive(OPENED_MS - 1, 900)
      subscriber.send(bytes('one'), 1, IDLE_SINCE_MS + 1)
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.text).toBe('one')
    })

    it('does not go to one that has not drained, nor to one that is closed', () => {
      const subscriber = open('eps')
      outlet.isStalled = true
      subscriber.send(bytes('one'), 1, OPENED_MS)
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.queuedBytes).toBe('one'.length)
      subscriber.close('client')
      subscriber.keepAlive(IDLE_SINCE_MS, 900)
      expect(outlet.queuedBytes).toBe('one'.length)
    })
  })
})
