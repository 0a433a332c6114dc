import { EventBus, MetricsRegistry, type Namespaces } from 'emojitrack-streamer/plugin'
import { beforeEach, describe, expect, it } from 'vitest'
import { Starter } from './starter.js'

describe('Starter', () => {
  let bus: EventBus
  let metrics: MetricsRegistry
  /** The published documents, parsed. */
  let published: unknown[]

  beforeEach(() => {
    bus = new EventBus()
    metrics = new MetricsRegistry()
    published = []
    new Starter(bus, recording(published), metrics).onModuleInit()
  })

  const receive = (...ids: string[]) => bus.emit('scores.received', { ids: ids.map((id) => Buffer.from(id)) })

  it('publishes the newest id and the count, once per batch', () => {
    receive('1F602', '2665')
    receive('1F602')
    expect(published).toEqual([
      { id: '2665', updates: 2 },
      { id: '1F602', updates: 3 },
    ])
  })

  it('counts in a metric', async () => {
    receive('1F602', '2665')
    expect(await metrics.getSingleMetricAsString('starter_updates_total')).toContain('starter_updates_total 2')
  })
})

/** Namespaces that record the data published on `starter`, and know no other. */
function recording(published: unknown[]): Namespaces {
  const unexpected = (name: string) => {
    throw new Error(`${name} is not expected here`)
  }
  return {
    increments: unexpected,
    queue: unexpected,
    latest: (name) => (name === 'starter' ? { publish: (data) => published.push(JSON.parse(String(data))) } : unexpected(name)),
  }
}
