import { EventBus, MetricsRegistry, type Namespaces } from 'emojitrack-streamer/plugin'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Trending } from './trending.js'

describe('Trending', () => {
  let bus: EventBus
  let metrics: MetricsRegistry
  let trending: Trending
  /** The published documents, parsed. */
  let published: unknown[]

  beforeEach(() => {
    vi.useFakeTimers()
    bus = new EventBus()
    metrics = new MetricsRegistry()
    published = []
    trending = new Trending(bus, recording(published), metrics)
    trending.onModuleInit()
    trending.onApplicationBootstrap()
  })
  afterEach(() => void vi.useRealTimers())

  /** Seconds pass as the server's timer would have them. */
  function pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      vi.advanceTimersByTime(1000)
      trending.publish()
    }
  }

  const receive = (...ids: string[]) => bus.emit('scores.received', { ids: ids.map((id) => Buffer.from(id)) })

  it('publishes an empty list at the start, so that a subscriber sees that it works', () => {
    expect(published).toEqual([{ window_s: 60, top: [] }])
  })

  it('publishes the movers of a second when it is over', () => {
    receive('1F602', '2665', '1F602')
    expect(published).toHaveLength(1)
    pass(1)
    expect(published.slice(1)).toEqual([
      {
        window_s: 60,
        top: [
          { id: '1F602', count: 2, before: 0, rise: 2 },
          { id: '2665', count: 1, before: 0, rise: 1 },
        ],
      },
    ])
  })

  it('says nothing while nothing changes, and that the list is empty again a minute later', () => {
    receive('2665')
    pass(60)
    expect(published).toHaveLength(2)
    pass(120)
    expect(published.slice(2)).toEqual([{ window_s: 60, top: [] }])
  })

  it('lists ten at most', () => {
    receive(...Array.from({ length: 12 }, (_, index) => `id${index}`))
    pass(1)
    expect(published.at(-1)).toMatchObject({ top: Array.from({ length: 10 }, () => ({ rise: 1 })) })
  })

  it('counts updates of ids for which it has no room', async () => {
    receive(...Array.from({ length: 4100 }, (_, index) => `id${index}`))
    expect(await metrics.getSingleMetricAsString('trending_updates_ignored_total')).toContain('trending_updates_ignored_total 4')
  })
})

/** Namespaces that record the data published on `trending`, and know no other. */
function recording(published: unknown[]): Namespaces {
  const unexpected = (name: string) => {
    throw new Error(`${name} is not expected here`)
  }
  return {
    increments: unexpected,
    queue: unexpected,
    latest: (name) => (name === 'trending' ? { publish: (data) => published.push(JSON.parse(String(data))) } : unexpected(name)),
  }
}
