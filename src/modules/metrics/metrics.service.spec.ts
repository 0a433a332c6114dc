import { Logger } from '@nestjs/common'
import { Counter, Gauge } from 'prom-client'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakePositions } from '../../../test/support/fakes/fake-positions.js'
import { FakeStats } from '../../../test/support/fakes/fake-stats.js'
import { parseScrape, type Scrape } from '../../../test/support/metrics/scrape.js'
import { nodeCounters } from '../../../test/support/node-counters.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { MetricsRegistry } from '../../common/plugin-api/registries.js'
import type { Positions } from '../../common/positions/positions.js'
import { Relay } from '../../common/relay/relay.js'
import { Discards, Failures } from '../../common/stats/counters.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { CUT_OUTCOMES } from '../../common/stats/reasons.js'
import { MetricsService } from './metrics.service.js'

describe('Metrics', () => {
  let bus: EventBus
  let stats: FakeStats
  let node: NodeState
  let discards: Discards
  let relay: Relay
  let failures: Failures
  let registry: MetricsRegistry
  let metrics: MetricsService
  let positions: Positions

  beforeEach(() => {
    bus = new EventBus(() => undefined)
    stats = new FakeStats()
    stats.plugInNamespaces.push('trending')
    node = new NodeState()
    discards = new Discards()
    relay = new Relay()
    failures = new Failures()
    registry = new MetricsRegistry()
    positions = fakePositions()
    const counters = nodeCounters(bus, { stats, discards, failures })
    metrics = new MetricsService({ worker: null, workers: 1 }, bus, stats, node, counters, relay, failures, registry, positions)
    metrics.onModuleInit()
  })

  const scrape = async (): Promise<Scrape> => parseScrape(await metrics.text())
  const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text))

  it('counts subscribers by kind, and their ends by reason', async () => {
    for (const namespaces of [['eps'], ['eps'], ['details/26'], ['details'], ['eps', 'raw']])
      bus.emit('subscriber.opened', { namespaces, queued: [] })
    bus.emit('subscriber.closed', { namespaces: ['eps'], queued: [], reason: 'slow', openMs: 1 })
    bus.emit('subscriber.closed', { namespaces: ['eps', 'raw'], queued: [], reason: 'client', openMs: 1 })

    const seen = await scrape()

    const open = { eps: 1, raw: 0, details: 1, detail: 1, kiosk_interaction: 0, multiplexed: 0, trending: 0 }
    expect(seen.by('emojitrack_subscribers', 'kind')).toEqual(open)
    expect(seen.by('emojitrack_subscribers_opened_total', 'kind')).toEqual({ ...open, eps: 2, multiplexed: 1 })
    const closed = { client: 1, slow: 1, shutdown: 0, expired: 0, cleanup: 0, error: 0, reset: 0 }
    expect(seen.by('emojitrack_subscribers_closed_total', 'reason')).toEqual(closed)
  })

  it('has as many series for 500 ids as for none', async () => {
    const before = (await scrape()).series.length
    for (let id = 0; id < 500; id++) {
      bus.emit('subscriber.opened', { namespaces: [`details/${id}`], queued: [] })
      bus.emit('subscriber.opened', { namespaces: ['eps', `details/${id}`], queued: [] })
      bus.emit('subscriber.opened', { namespaces: ['trending'], queued: [] })
      bus.emit('detail.received', { id: String(id), data: Buffer.from('{}') })
      bus.emit('scores.received', { ids: bytes(String(id)) })
    }
    const after = (await scrape()).without(/^nodejs_gc_/)
    // Kinds of garbage collection show as they happen.
    expect(after.series.length).toBe((await scrape()).without(/^nodejs_gc_/).series.length)
    expect(after.series.length).toBeLessThanOrEqual(before)
    expect(after.by('emojitrack_subscribers', 'kind')).toMatchObject({ detail: 500, multiplexed: 500, trending: 500 })
  })

  it('counts updates by type, batches by their contents', async () => {
    bus.emit('scores.received', { ids: bytes('a', 'b', 'a') })
    bus.emit('scores.received', { ids: bytes('c') })
    bus.emit('detail.received', { id: 'a', data: Buffer.from('{}') })
    bus.emit('interaction.received', { channel: 'stream.interaction.request', data: Buffer.from('{}') })
    for (const reason of ['too-many-new', 'too-many-new', 'too-large'] as const) discards.count(reason)

    const seen = await scrape()

    expect(seen.by('emojitrack_updates_received_total', 'type')).toEqual({ score: 4, detail: 1, interaction: 1 })
    const refused = { empty: 0, 'too-long': 0, 'control-character': 0, 'invalid-utf8': 0, 'too-many-new': 2, 'too-large': 1 }
    expect(seen.by('emojitrack_updates_refused_total', 'reason')).toEqual(refused)
  })

  it('measures flushes and rounds in seconds', async () => {
    bus.emit('scores.summarized', { from: 0, to: 1, atMs: 1, lateMs: 4 })
    bus.emit('round.finished', { flushedAtMs: 1, tookMs: 20, lagMs: 250 })
    bus.emit('round.finished', { flushedAtMs: 2, tookMs: 2, lagMs: 8 })

    const seen = await scrape()

    expect(seen.value('emojitrack_flush_lag_seconds_sum')).toBeCloseTo(0.004)
    expect(seen.value('emojitrack_round_duration_seconds_count')).toBe(2)
    expect(seen.value('emojitrack_round_duration_seconds_sum')).toBeCloseTo(0.022)
    expect(seen.value('emojitrack_fan_out_lag_seconds_sum')).toBeCloseTo(0.258)
    expect(seen.value('emojitrack_fan_out_lag_seconds_bucket', { le: '0.017' })).toBe(1)
    expect(seen.value('emojitrack_fan_out_lag_seconds_bucket', { le: '0.25' })).toBe(2)
  })

  it('shows the traffic of the gateway', async () => {
    stats.msgsBroadcast = 7
    Object.assign(stats.traffic, { frames: 70, bytes: 1234, conflated: 3 })
    stats.epsRate = 58.5
    stats.backlog = { subscribers: 2, bytes: 4096 }

    const seen = await scrape()

    expect(seen.value('emojitrack_broadcast_frames_total')).toBe(7)
    expect(seen.value('emojitrack_sent_frames_total')).toBe(70)
    expect(seen.value('emojitrack_sent_bytes_total')).toBe(1234)
    expect(seen.value('emojitrack_conflated_frames_total')).toBe(3)
    expect(seen.value('emojitrack_eps_rounds_per_second')).toBe(58.5)
    expect(seen.value('emojitrack_backlog_subscribers')).toBe(2)
    expect(seen.value('emojitrack_backlog_bytes')).toBe(4096)
    stats.traffic.frames = 71
    expect((await scrape()).value('emojitrack_sent_frames_total')).toBe(71)
  })

  it('shows whether the source is ready, and its gaps', async () => {
    expect((await scrape()).value('emojitrack_ingest_ready')).toBe(0)
    bus.emit('ingest.changed', { state: 'ready' })
    bus.emit('ingest.changed', { state: 'connecting' })
    bus.emit('ingest.changed', { state: 'ready' })
    node.heardAtMs = performance.now() - 100

    const seen = await scrape()

    expect(seen.value('emojitrack_ingest_ready')).toBe(1)
    expect(seen.value('emojitrack_ingest_reconnects_total')).toBe(1)
    expect(seen.value('emojitrack_ingest_silence_seconds')).toBeGreaterThanOrEqual(0.1)
    expect(seen.value('emojitrack_ingest_silence_seconds')).toBeLessThan(performance.now() / 1000)
    const unready = seen.value('emojitrack_ingest_unready_seconds_total')
    expect((await scrape()).value('emojitrack_ingest_unready_seconds_total')).toBe(unready)
  })

  it('shows the mode, the epoch and the newest position', async () => {
    const info = (scrape: Scrape) => scrape.series.filter(({ name }) => name === 'emojitrack_positions_info').map(({ labels }) => labels)
    const before = await scrape()
    expect(before.value('emojitrack_positions_shared')).toBe(0)
    expect(info(before)).toEqual([{ mode: 'private', epoch: 'private1', reason: 'no-redis' }])

    const status = { mode: 'shared', epoch: 'abcdefgh', position: 48_211_907, oldest: 7, healed: 17, since: 1, reason: null } as const
    vi.spyOn(positions, 'status', 'get').mockReturnValue(status)
    positions.healed = status.healed
    const after = await scrape()
    expect(after.value('emojitrack_positions_shared')).toBe(1)
    expect(info(after)).toEqual([{ mode: 'shared', epoch: 'abcdefgh', reason: '' }])
    expect(after.value('emojitrack_position')).toBe(48_211_907)
    expect(after.value('emojitrack_healed_updates_total')).toBe(17)
  })

  it('counts cuts and resumes by outcome, each known one from 0', async () => {
    for (const outcome of ['first', 'agrees', 'agrees', 'drift', 'deaf'] as const) bus.emit('cut.finished', { outcome, tookMs: 40 })
    for (const outcome of ['served', 'served', 'too-old'] as const) bus.emit('resume.answered', { outcome })

    const seen = await scrape()

    const cuts = seen.by('emojitrack_cuts_total', 'outcome')
    expect(Object.keys(cuts).sort()).toEqual([...CUT_OUTCOMES].sort())
    expect(cuts).toMatchObject({ first: 1, agrees: 2, drift: 1, deaf: 1, failed: 0 })
    expect(seen.by('emojitrack_resumes_total', 'outcome')).toEqual({ served: 2, unknown: 0, 'too-old': 1, ahead: 0, malformed: 0 })
    expect(seen.value('emojitrack_cut_duration_seconds_count')).toBe(5)
    expect(seen.value('emojitrack_cut_duration_seconds_sum')).toBeCloseTo(0.2)
    expect(seen.value('emojitrack_cut_duration_seconds_bucket', { le: '0.025' })).toBe(0)
    expect(seen.value('emojitrack_cut_duration_seconds_bucket', { le: '0.05' })).toBe(5)
  })

  it('counts failures and refusals', async () => {
    bus.emit('report.failed', { report: 'graphite' })
    bus.emit('connection.refused', { reason: 'full' })
    bus.emit('connection.refused', { reason: 'full' })
    bus.emit('request.rejected', { reason: 'timeout' })
    bus.on('node.draining', () => {
      throw new Error('a bug')
    })
    bus.emit('node.draining', {})

    const seen = await scrape()

    expect(seen.by('emojitrack_report_failures_total', 'report')).toEqual({ admin: 0, graphite: 1 })
    expect(seen.by('emojitrack_connections_refused_total', 'reason')).toEqual({ full: 2, 'per-address': 0, rate: 0, draining: 0 })
    expect(seen.by('emojitrack_requests_rejected_total', 'reason')).toEqual({
      timeout: 1,
      'too-large': 0,
      malformed: 0,
      pipelined: 0,
      unread: 0,
      'no-room': 0,
    })
    expect(seen.value('emojitrack_handler_failures_total')).toBe(1)
  })

  it('counts failures of plug-ins that were caught', async () => {
    failures.count('timer')
    const caught = { timer: 1, request: 0, promise: 0, check: 0, metric: 0, question: 0 }
    expect((await scrape()).by('emojitrack_caught_failures_total', 'in')).toEqual(caught)
  })

  it('shows the metrics that a plug-in adds to the registry', async () => {
    new Counter({ name: 'trending_changes_total', help: 'Changes.', registers: [registry] }).inc(3)
    expect((await scrape()).value('trending_changes_total')).toBe(3)
  })

  it('leaves out a metric that fails, and counts that', async () => {
    const error = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
    const collect = () => {
      throw new Error('a bug')
    }
    new Gauge({ name: 'broken', help: 'Broken.', registers: [registry], collect })
    const text = await metrics.text()
    expect(text).not.toContain('broken')
    expect(parseScrape(text).value('emojitrack_workers')).toBe(1)
    expect((await scrape()).by('emojitrack_caught_failures_total', 'in')).toMatchObject({ metric: expect.any(Number) })
    expect(failures.counts.get('metric')).toBe(2)
    expect(error).toHaveBeenCalledTimes(1)
    error.mockRestore()
  })

  it('answers all requests during a scrape with that scrape', async () => {
    const gather = vi.spyOn(relay, 'gather')
    const texts = await Promise.all([metrics.text(), metrics.text(), metrics.text()])
    expect(new Set(texts).size).toBe(1)
    expect(gather).toHaveBeenCalledTimes(1)
    await metrics.text()
    expect(gather).toHaveBeenCalledTimes(2)
  })

  it('tries again after a scrape that failed', async () => {
    vi.spyOn(relay, 'gather').mockRejectedValueOnce(new Error('no metrics'))
    await expect(metrics.text()).rejects.toThrow('no metrics')
    expect((await scrape()).value('emojitrack_workers_answered')).toBe(1)
  })
})
