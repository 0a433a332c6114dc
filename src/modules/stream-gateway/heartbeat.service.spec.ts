import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub, type OpenStream } from '../../../test/support/fakes/a-hub.js'
import { parseConfig } from '../../common/config/parse-config.js'
import { HeartbeatService } from './heartbeat.service.js'

const MACHINE = { hostname: 'box', cores: 2, worker: null, readText: () => undefined }
const BEAT = ':keepalive\n\n'

describe('HeartbeatService', () => {
  let registry: SchedulerRegistry

  beforeEach(() => {
    vi.useFakeTimers()
    registry = new SchedulerRegistry()
  })
  afterEach(() => void vi.useRealTimers())

  function beating(env: Record<string, string>, slice?: number) {
    const config = parseConfig(env, MACHINE)
    const world = aHub({ limits: config.streams, ...(slice !== undefined && { slice }) })
    new HeartbeatService(config, world.hub, registry).onApplicationBootstrap()
    return { ...world, open: (namespace = 'eps') => world.open([namespace], { nowMs: performance.now() }) }
  }

  const beats = ({ outlet }: OpenStream) => outlet.received.filter((bytes) => bytes.toString() === BEAT).length
  const send = ({ subscriber }: OpenStream) => subscriber.post(Buffer.from('x'), 1, performance.now())

  it('stands in the registry as heartbeat, the one timer for all', () => {
    const { open } = beating({})
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
    const stream = open(namespace)
    stream.outlet.isStalled = true
    send(stream)
    vi.advanceTimersByTime(boundMs)
    expect(closed).toEqual([])
    vi.advanceTimersByTime(Math.min(1000, boundMs / 2))
    expect(closed).toMatchObject([{ reason: 'slow' }])
  })

  it('does not begin a sweep before the one under way has ended', () => {
    const { hub, open } = beating({ HEARTBEAT_MS: '1000' }, 1)
    for (let i = 0; i < 3; i++) open()
    const sweep = vi.spyOn(hub, 'sweep')
    const held: (() => void)[] = []
    vi.stubGlobal('setImmediate', (callback: () => void) => void held.push(callback))
    vi.advanceTimersByTime(2000)
    expect(sweep).toHaveBeenCalledOnce()
    while (held.length > 0) held.shift()?.()
    vi.advanceTimersByTime(1000)
    expect(sweep).toHaveBeenCalledTimes(2)
    vi.unstubAllGlobals()
  })
})
