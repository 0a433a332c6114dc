import { beforeEach, describe, expect, it } from 'vitest'
import { fakePositions } from '../../../test/support/fakes/fake-positions.js'
import { FakeStats } from '../../../test/support/fakes/fake-stats.js'
import { nodeCounters } from '../../../test/support/node-counters.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Discards } from '../../common/stats/counters.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { LiveFigures } from './live-figures.js'

const ID = Buffer.from('2665')
const START_MS = 50_000
const UNIX_MS = 1_700_000_000_123

describe('LiveFigures', () => {
  let bus: EventBus
  let stats: FakeStats
  let node: NodeState
  let figures: LiveFigures

  beforeEach(() => {
    bus = new EventBus((_event, error) => {
      throw error
    })
    stats = new FakeStats()
    const discards = new Discards()
    discards.count('too-large', 4)
    const counters = nodeCounters(bus, { stats, discards })
    node = new NodeState()
    const config = { nodeName: 'nest-test-box', readyMaxSilenceMs: 10_000 }
    figures = new LiveFigures({ config, stats, counters, node, positions: fakePositions() })
    figures.sample(START_MS)
  })

  const report = (afterMs: number) => figures.report(START_MS + afterMs, UNIX_MS, 7)
  const updates = (count: number) => bus.emit('scores.received', { ids: Array.from({ length: count }, () => ID) })

  it('names the node, and reports the state of the gateway and of the ingest', () => {
    node.source = 'redis'
    node.state = 'ready'
    node.heardAtMs = START_MS + 400
    stats.total = 3
    stats.epsRate = 58.8235
    stats.backlog = { subscribers: 2, bytes: 4096 }
    stats.traffic.conflated = 9
    expect(report(1000)).toMatchObject({
      node: 'nest-test-box',
      state: 'serving',
      reported_at_ms: UNIX_MS,
      uptime_s: 7,
      connections_total: 3,
      rounds_per_s: 58.8,
      slow_connections: 2,
      buffered_bytes: 4096,
      conflated: 9,
      refused: 4,
      handler_failures: 0,
      ingest: { source: 'redis', state: 'ready', silent_ms: 600, last_error: null },
      positions: { mode: 'private', epoch: 'private1', position: 0, oldest: 0, healed: 0, since: 1_700_000_000, reason: 'no-redis' },
      resumes: { served: 0, reset: 0 },
    })
    for (const outcome of ['served', 'too-old', 'ahead'] as const) bus.emit('resume.answered', { outcome })
    expect(report(2000)).toMatchObject({ resumes: { served: 1, reset: 2 } })
  })

  it('gives rates per second, each over the time since the report before', () => {
    updates(100)
    updates(50)
    for (let flush = 0; flush < 6; flush++) bus.emit('scores.summarized', { from: 0, to: 1, atMs: 0, lateMs: 0 })
    stats.traffic.frames += 30
    stats.traffic.bytes += 6001
    expect(report(2000)).toMatchObject({ updates_per_s: 75, flushes_per_s: 3, frames_per_s: 15, bytes_per_s: 3001 })
    updates(7)
    expect(report(3000)).toMatchObject({ updates_per_s: 7, flushes_per_s: 0, frames_per_s: 0, bytes_per_s: 0 })
  })

  it('starts again after a time without watchers', () => {
    updates(1_000_000)
    figures.sample(START_MS + 3_600_000)
    updates(400)
    expect(report(3_601_000)).toMatchObject({ updates_per_s: 400 })
  })

  it('counts open streams by kind, a multiplexed one once in each', () => {
    bus.emit('subscriber.opened', { namespaces: ['eps'], queued: [] })
    bus.emit('subscriber.opened', { namespaces: ['eps', 'details/2665', 'details/26'], queued: [] })
    bus.emit('subscriber.opened', { namespaces: ['kiosk_interaction'], queued: [] })
    expect(report(1000).streams).toEqual({ eps: 2, raw: 0, details: 1, kiosk_interaction: 1 })
    bus.emit('subscriber.closed', { namespaces: ['eps', 'details/2665', 'details/26'], queued: [], reason: 'slow', openMs: 1 })
    bus.emit('subscriber.closed', { namespaces: ['kiosk_interaction'], queued: [], reason: 'client', openMs: 1 })
    const { streams, closed_slow } = report(2000)
    expect(streams).toEqual({ eps: 1, raw: 0, details: 0, kiosk_interaction: 0 })
    expect(closed_slow).toBe(1)
  })

  it('reports the worst lag of a round since the previous report', () => {
    for (const lagMs of [3, 41.26, 8]) bus.emit('round.finished', { flushedAtMs: 0, tookMs: 1, lagMs })
    expect(report(1000).round_lag_ms).toBe(41.3)
    expect(report(2000).round_lag_ms).toBe(0)
  })

  it.each([
    [-10_000, { state: 'ready', silent_ms: 10_000 }],
    [-10_001, { state: 'silent', silent_ms: 10_001 }],
    [Number.NEGATIVE_INFINITY, { state: 'silent', silent_ms: null }],
  ])('reports an ingest that was last received from %s ms ago as %j', (heardMs, expected) => {
    node.state = 'ready'
    node.heardAtMs = START_MS + heardMs
    expect(figures.report(START_MS, UNIX_MS, 7).ingest).toMatchObject(expected)
  })

  it('says that the node drains', () => {
    node.isDraining = true
    expect(report(1000).state).toBe('draining')
  })
})
