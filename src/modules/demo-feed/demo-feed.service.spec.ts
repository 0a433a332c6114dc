import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../../common/config/parse-config.js'
import { seededRandom } from '../../common/core/seeded-random.js'
import type { AppEvents } from '../../common/event-bus/app-events.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { DemoFeedService, poisson } from './demo-feed.service.js'

describe('DemoFeed', () => {
  let bus: EventBus
  let status: NodeState
  let registry: SchedulerRegistry

  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockImplementation(seededRandom(1))
    bus = new EventBus((_event, error) => {
      throw error
    })
    status = new NodeState()
    registry = new SchedulerRegistry()
  })

  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  function start(variables: Record<string, string> = {}): DemoFeedService {
    const config = parseConfig(variables, { hostname: 'box', cores: 2, worker: null, readText: () => undefined })
    const feed = new DemoFeedService(config, bus, status, registry)
    feed.onApplicationBootstrap()
    return feed
  }

  function record<Name extends keyof AppEvents>(name: Name): AppEvents[Name][] {
    const payloads: AppEvents[Name][] = []
    bus.on(name, (payload) => payloads.push(payload))
    return payloads
  }

  it('emits about 400 updates a second, in small batches', () => {
    const batches = record('scores.received')
    start()
    vi.advanceTimersByTime(10_000)
    expect(batches.length).toBeGreaterThan(450)
    const total = batches.reduce((sum, { ids }) => sum + ids.length, 0)
    expect(total).toBeGreaterThan(3800)
    expect(total).toBeLessThan(4200)
  })

  it('emits no empty batch', () => {
    const batches = record('scores.received')
    vi.mocked(Math.random).mockReturnValue(0)
    start()
    vi.advanceTimersByTime(1000)
    expect(batches).toEqual([])
  })

  it('emits a detail for each update, in the same order', () => {
    const batches = record('scores.received')
    const details = record('detail.received')
    start()
    vi.advanceTimersByTime(1000)
    const ids = batches.flatMap((batch) => batch.ids.map((id) => Buffer.from(id).toString()))
    expect(ids.length).toBeGreaterThan(0)
    expect(details.map(({ id }) => id)).toEqual(ids)
  })

  it('emits details in the shape of the feeder', () => {
    const details = record('detail.received')
    start()
    vi.advanceTimersByTime(100)
    expect(JSON.parse(Buffer.from(details[0]?.data ?? []).toString())).toMatchObject({
      id: expect.stringMatching(/^\d{18}$/),
      text: expect.any(String),
    })
  })

  it('emits interactions where their stream is on', () => {
    const interactions = record('interaction.received')
    start({ ENABLE_KIOSK_INTERACTION_STREAM: 'true' })
    vi.advanceTimersByTime(60_000)
    expect(interactions.length).toBeGreaterThan(10)
    expect(interactions.length).toBeLessThan(60)
    expect(new Set(interactions.map(({ channel }) => channel))).toEqual(new Set(['stream.interaction.request']))
    const message = JSON.parse(Buffer.from(interactions[0]?.data ?? []).toString())
    expect(message).toEqual({ char: expect.stringMatching(/\S/), requester: 'demo' })
  })

  it('emits none where it is off', () => {
    const interactions = record('interaction.received')
    start()
    vi.advanceTimersByTime(60_000)
    expect(interactions).toEqual([])
  })

  it('says that it is ready, and later that it has stopped', () => {
    vi.setSystemTime(1_700_000_000_000)
    const changes = record('ingest.changed')
    const feed = start()
    expect(changes).toEqual([{ state: 'ready' }])
    expect(status).toMatchObject({ source: 'demo', state: 'ready', sinceMs: 1_700_000_000_000, lastError: null })
    vi.advanceTimersByTime(5000)
    feed.onApplicationShutdown()
    expect(changes).toEqual([{ state: 'ready' }, { state: 'stopped' }])
    expect(status).toMatchObject({ state: 'stopped', sinceMs: 1_700_000_005_000 })
  })

  it('is never silent', () => {
    start()
    expect(status.heardAtMs).toBe(performance.now())
    vi.advanceTimersByTime(10_000)
    expect(performance.now() - status.heardAtMs).toBeLessThanOrEqual(20)
  })

  it('keeps its timer in the registry, which ends it', () => {
    const batches = record('scores.received')
    start()
    expect(registry.getIntervals()).toEqual(['demo-feed'])
    registry.deleteInterval('demo-feed')
    vi.advanceTimersByTime(1000)
    expect(batches).toEqual([])
  })
})

const average = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length

describe('a Poisson draw', () => {
  it.each([8, 0.01, 6.67])('around %d has this mean and this variance', (mean) => {
    const random = seededRandom(1)
    const counts = Array.from({ length: 20_000 }, () => poisson(mean, random))
    expect(counts.every((each) => Number.isInteger(each) && each >= 0)).toBe(true)
    const drawn = average(counts)
    expect(Math.abs(drawn - mean)).toBeLessThan(4 * Math.sqrt(mean / counts.length))
    const variance = average(counts.map((each) => (each - drawn) ** 2))
    expect(variance / mean).toBeGreaterThan(0.9)
    expect(variance / mean).toBeLessThan(1.1)
  })

  it('around 0 is 0', () => {
    const random = seededRandom(1)
    expect(Array.from({ length: 100 }, () => poisson(0, random))).toEqual(Array.from({ length: 100 }, () => 0))
  })
})
