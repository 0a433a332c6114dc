import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OpenStream, Setup } from '../../../../test/support/fakes/a-hub.js'
import { configOf } from '../../../../test/support/fakes/config-of.js'
import { pluginNamespaces } from '../../../../test/support/fakes/plugin-namespaces.js'
import { TransportService } from '../transport/transport.service.js'
import { HeartbeatService } from './heartbeat.service.js'
import { StreamStatsProvider } from './stream-stats.provider.js'

const BEAT = ':keepalive\n\n'
/** The period of a sweep, unless a bound is shorter. */
const SWEEP_MS = 1000
const NODE_WRITER = { calls: null, notsentLowatBytes: 1, ackTimeoutMs: 40_000, heartbeatMs: 15_000, canTakeOver: true }

describe('HeartbeatService', () => {
  const sample = vi.spyOn(StreamStatsProvider.prototype, 'sample')
  let registry: SchedulerRegistry

  beforeEach(() => {
    vi.useFakeTimers()
    sample.mockClear()
    registry = new SchedulerRegistry()
  })
  afterEach(() => {
    for (const name of registry.getIntervals()) registry.deleteInterval(name)
    vi.useRealTimers()
  })

  function beating(env: Record<string, string> = {}, setup: Setup = {}) {
    const world = pluginNamespaces(env, setup)
    const { hub, broadcaster, namespaces, slices } = world
    const stats = new StreamStatsProvider(hub, broadcaster, new TransportService(NODE_WRITER), namespaces)
    new HeartbeatService(configOf(env), hub, slices, stats, registry).onApplicationBootstrap()
    return world
  }

  const beats = ({ outlet }: OpenStream) => outlet.received.filter((bytes) => bytes.toString() === BEAT).length
  const send = ({ subscriber }: OpenStream, text = 'x') => subscriber.send(Buffer.from(text), 1, performance.now())
  const backlog = () => sample.mock.lastCall?.[0]

  it('is in the registry as heartbeat, the one timer for all', () => {
    const { open } = beating()
    for (let i = 0; i < 100; i++) open()
    expect(registry.getIntervals()).toEqual(['heartbeat'])
    expect(vi.getTimerCount()).toBe(1)
  })

  it.each(['100', '1000', '15000'])('never leaves a stream idle for longer than HEARTBEAT_MS=%s', (heartbeatMs) => {
    const { open } = beating({ HEARTBEAT_MS: heartbeatMs })
    const period = Number(heartbeatMs)
    vi.advanceTimersByTime(period / 3)
    const stream = open()
    for (let beat = 1; beat <= 10; beat++) {
      vi.advanceTimersByTime(period)
      expect(beats(stream)).toBeGreaterThanOrEqual(beat)
    }
    // Nor does it send many more than that asks for.
    expect(beats(stream)).toBeLessThanOrEqual(14)
  })

  it('says nothing on a stream that is not idle', () => {
    const { open } = beating({ HEARTBEAT_MS: '15000' })
    const stream = open()
    for (let second = 0; second < 60; second++) {
      vi.advanceTimersByTime(1000)
      send(stream)
    }
    expect(beats(stream)).toBe(0)
    vi.advanceTimersByTime(15_000)
    expect(beats(stream)).toBe(1)
  })

  it.each([
    ['raw', 'QUEUE_STALL_MS', { QUEUE_STALL_MS: '8000' }, 8000],
    ['eps', 'EPS_STALL_MS', { EPS_STALL_MS: '20000' }, 20_000],
    ['raw', 'a short QUEUE_STALL_MS', { QUEUE_STALL_MS: '100' }, 100],
  ])('ends a stream of %s that has not drained for %s, soon after and not before', (namespace, _name, env, boundMs) => {
    const { open, closed } = beating(env)
    const stream = open([namespace])
    stream.outlet.isStalled = true
    send(stream)
    vi.advanceTimersByTime(boundMs)
    expect(closed).toEqual([])
    vi.advanceTimersByTime(Math.min(1000, boundMs / 2))
    expect(closed.map(({ reason }) => reason)).toEqual(['slow'])
  })

  it('ends a stream that has not drained and whose client answers nothing, long before its time, and asks no other', () => {
    const { open, closed } = beating()
    const [stalled, drained] = [open(), open()]
    for (const { outlet } of [stalled, drained]) outlet.isSilent = true
    stalled.outlet.isStalled = true
    send(stalled)
    vi.advanceTimersByTime(SWEEP_MS)
    expect(closed.map(({ reason }) => reason)).toEqual(['client'])
    expect(drained.subscriber.isClosed).toBe(false)
  })

  it('sends a heartbeat to idle streams, and ends streams that have not drained in time, and no others', () => {
    const { open, closed } = beating({ QUEUE_STALL_MS: '10000' })
    const [idle, busy, slow, waiting] = [open(['raw']), open(['raw']), open(['raw']), open(['raw'])]
    slow.outlet.isStalled = true
    send(slow)
    vi.advanceTimersByTime(13_500)
    for (const each of [busy, waiting]) {
      each.outlet.isStalled = each === waiting
      send(each)
    }
    vi.advanceTimersByTime(SWEEP_MS)
    expect([idle.outlet.text, busy.outlet.text]).toEqual([BEAT, 'x'])
    expect(closed.map(({ reason }) => reason)).toEqual(['slow'])
    expect([slow.outlet.ending, waiting.outlet.ending]).toEqual(['destroyed', 'open'])
  })

  it.each(['eps', 'raw'])('ends a stream of %s that needs what the ring has overwritten, and no stream that needs less', (namespace) => {
    const { open, flushScores: flush, settle, closed } = beating({}, { capacity: 4 })
    const [lost, last] = [open([namespace]), open([namespace])]
    lost.outlet.isStalled = true
    last.outlet.isStalled = true
    flush('a')
    last.outlet.drain()
    settle()
    last.outlet.isStalled = true
    flush('b')
    flush('c', 'd', 'e', 'f')
    expect([lost, last].map(({ subscriber }) => subscriber.cursors[0]?.position)).toEqual([1, 2])
    vi.advanceTimersByTime(SWEEP_MS)
    expect(closed.map(({ reason }) => reason)).toEqual(['slow'])
    expect([lost, last].map(({ subscriber }) => subscriber.isClosed)).toEqual([true, false])
  })

  it('reports how many have not drained, and what waits for them', () => {
    const { open, detail } = beating({ QUEUE_STALL_MS: '10000' })
    const [ready, waiting, slow] = [open(['raw']), open(['details']), open(['raw'])]
    slow.outlet.isStalled = true
    send(slow, 'twelve bytes')
    vi.advanceTimersByTime(9500)
    waiting.outlet.isStalled = true
    send(waiting, 'twelve bytes')
    detail('a', 'more')
    vi.advanceTimersByTime(1600)
    expect(backlog()).toEqual({ subscribers: 1, bytes: 12 + 'event:stream.tweet_updates.a\nmore'.length })
    waiting.outlet.drain()
    ready.subscriber.close('client')
    vi.advanceTimersByTime(SWEEP_MS)
    expect(backlog()).toEqual({ subscribers: 0, bytes: 0 })
  })

  it('ends in order the streams whose time has come, and no others', () => {
    const { open, closed } = beating()
    const startMs = performance.now()
    const streams = [999, 1000, 1001].map((afterMs) => open(['raw'], { expiresAtMs: startMs + afterMs }))
    vi.advanceTimersByTime(SWEEP_MS)
    expect(streams.map(({ outlet }) => outlet.ending)).toEqual(['ended', 'ended', 'open'])
    expect(closed.map(({ reason }) => reason)).toEqual(['expired', 'expired'])
  })

  it('gives the event loop its turn after each slice, and reports at the end', () => {
    const { open } = beating({ HEARTBEAT_MS: '1000' }, { slice: 2 })
    const streams = Array.from({ length: 5 }, () => open(['raw']))
    const seen = () => streams.filter((stream) => beats(stream) > 0).length
    // A sweep comes each 250 ms here, and the third one finds streams that would be idle for too long at the fourth.
    vi.advanceTimersByTime(749)
    expect([seen(), sample.mock.calls.length]).toEqual([0, 2])
    vi.advanceTimersByTime(1)
    vi.advanceTimersToNextTimer()
    expect(seen()).toBe(4)
    vi.advanceTimersToNextTimer()
    expect([seen(), sample.mock.calls.length]).toEqual([5, 3])
  })

  it('does not begin a sweep before the one under way has ended', () => {
    const { hub, open } = beating({ HEARTBEAT_MS: '1000' }, { slice: 1 })
    for (let i = 0; i < 3; i++) open()
    const sweep = vi.spyOn(hub, Symbol.iterator)
    const held: (() => void)[] = []
    vi.stubGlobal('setImmediate', (callback: () => void) => held.push(callback))
    vi.advanceTimersByTime(2000)
    expect(sweep).toHaveBeenCalledOnce()
    while (held.length > 0) held.shift()?.()
    vi.advanceTimersByTime(250)
    expect(sweep).toHaveBeenCalledTimes(2)
    vi.unstubAllGlobals()
  })
})
