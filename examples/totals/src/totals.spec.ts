import { EventBus, MetricsRegistry, type Namespaces } from 'emojitrack-streamer/plugin'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Totals } from './totals.js'

const START = new Date('2026-01-01T00:00:00Z')
const SINCE = START.getTime() / 1000

describe('Totals', () => {
  let bus: EventBus
  let metrics: MetricsRegistry
  let totals: Totals
  /** The published documents, parsed. */
  let published: unknown[]

  beforeEach(() => {
    vi.useFakeTimers({ now: START })
    bus = new EventBus()
    metrics = new MetricsRegistry()
    published = []
    totals = new Totals(bus, recording(published), metrics)
    totals.onModuleInit()
    totals.onApplicationBootstrap()
  })
  afterEach(() => void vi.useRealTimers())

  const receive = (...ids: string[]) => bus.emit('scores.received', { ids: ids.map((id) => Buffer.from(id)) })

  it('publishes an empty document at the start', () => {
    expect(published).toEqual([{ since: SINCE, updates: 0, totals: {}, other: 0 }])
  })

  it('publishes all totals, those that have not changed as well', () => {
    receive('1F602', '2665')
    totals.publish()
    receive('1F602')
    receive('1F602')
    totals.publish()
    expect(published.slice(1)).toEqual([
      { since: SINCE, updates: 2, totals: { '1F602': 1, 2665: 1 }, other: 0 },
      { since: SINCE, updates: 4, totals: { '1F602': 3, 2665: 1 }, other: 0 },
    ])
  })

  it('says nothing while nothing comes', () => {
    receive('2665')
    for (let second = 0; second < 60; second++) totals.publish()
    expect(published).toHaveLength(2)
  })

  it('counts ids beyond its bound together, so that the sum stays right', () => {
    receive(...Array.from({ length: 2050 }, (_, index) => `id${index}`))
    totals.publish()
    expect(published.at(-1)).toMatchObject({ updates: 2050, other: 2 })
  })

  it('counts in a metric', async () => {
    receive('1F602', '2665')
    expect(await metrics.getSingleMetricAsString('totals_updates_total')).toContain('totals_updates_total 2')
  })
})

/** Namespaces that record the data published on `totals`, and know no other. */
function recording(published: unknown[]): Namespaces {
  const unexpected = (name: string) => {
    throw new Error(`${name} is not expected here`)
  }
  return {
    increments: unexpected,
    queue: unexpected,
    latest: (name) => (name === 'totals' ? { publish: (data) => published.push(JSON.parse(String(data))) } : unexpected(name)),
  }
}
