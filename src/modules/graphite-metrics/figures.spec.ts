import { readFileSync } from 'node:fs'
import { setTimeout as later } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakePositions } from '../../../test/support/fakes/fake-positions.js'
import { FakeStats } from '../../../test/support/fakes/fake-stats.js'
import { nodeCounters } from '../../../test/support/node-counters.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import type { CloseReason } from '../../common/event-bus/app-events.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Discards } from '../../common/stats/counters.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { EventLoopDelay, NodeFigures, processFigures } from './figures.js'

const NOW_MS = 5000
const BLOCK_MS = 200
/** The time of a few samples. */
const PAUSE_MS = 100

function someStats(): FakeStats {
  const stats = Object.assign(new FakeStats(), { total: 3, msgsBroadcast: 42, epsRate: 58.8 })
  Object.assign(stats.traffic, { frames: 7, bytes: 700, conflated: 2 })
  return stats
}

describe('NodeFigures', () => {
  let bus: EventBus
  let discards: Discards
  let node: NodeState
  let figures: NodeFigures
  const take = () => Object.fromEntries(figures.take(NOW_MS))
  const close = (namespaces: string[], reason: CloseReason) => bus.emit('subscriber.closed', { namespaces, queued: [], reason, openMs: 1 })

  beforeEach(() => {
    bus = new EventBus(() => undefined)
    discards = new Discards()
    node = new NodeState()
    const stats = someStats()
    figures = new NodeFigures(nodeCounters(bus, { stats, discards }), stats, node, fakePositions())
  })

  it('counts the open streams by kind, raw also where nobody has it', () => {
    for (const namespaces of [['eps'], ['eps', 'details/1', 'details/2'], ['details']])
      bus.emit('subscriber.opened', { namespaces, queued: [] })
    close(['eps'], 'client')
    expect(take()).toMatchObject({ 'stream.raw.clients': 0, 'stream.eps.clients': 1, 'stream.detail.clients': 2, 'stream.opened': 3 })
  })

  it('counts closed streams by reason', () => {
    for (const reason of ['slow', 'client', 'slow'] as const) close(['raw'], reason)
    expect(take()).toMatchObject({ 'stream.closed.slow': 2, 'stream.closed.client': 1 })
  })

  it('counts refused streams and rejected requests by reason', () => {
    for (const reason of ['full', 'per-address', 'full'] as const) bus.emit('connection.refused', { reason })
    for (const reason of ['timeout', 'timeout', 'malformed'] as const) bus.emit('request.rejected', { reason })
    expect(take()).toMatchObject({
      'stream.refused.full': 2,
      'stream.refused.per-address': 1,
      'requests.rejected.timeout': 2,
      'requests.rejected.malformed': 1,
    })
  })

  it('counts received and discarded updates', () => {
    const id = Buffer.from('2665')
    bus.emit('scores.received', { ids: [id, id, id] })
    bus.emit('detail.received', { id: '2665', data: id })
    bus.emit('interaction.received', { channel: 'c', data: id })
    discards.count('too-long')
    expect(take()).toMatchObject({ 'ingest.updates': 3, 'ingest.details': 1, 'ingest.interactions': 1, 'ingest.refused': 1 })
  })

  it('says whether the source is there, how often it has come, and since when it is silent', () => {
    expect(take()).toMatchObject({ 'ingest.ready': 0, 'ingest.connects': 0, 'ingest.silent_ms': Number.POSITIVE_INFINITY })
    node.state = 'ready'
    node.heardAtMs = NOW_MS - 20
    for (const state of ['connecting', 'ready', 'connecting', 'ready'] as const) bus.emit('ingest.changed', { state })
    expect(take()).toMatchObject({ 'ingest.ready': 1, 'ingest.connects': 2, 'ingest.silent_ms': 20 })
  })

  it('passes on the figures of the statistics port', () => {
    expect(take()).toMatchObject({
      'stream.open': 3,
      'stream.msgs_broadcast': 42,
      'stream.frames': 7,
      'stream.bytes': 700,
      'stream.conflated': 2,
      'stream.eps.rate': 58.8,
    })
  })

  it('shows the longest round since it was last asked', () => {
    for (const [tookMs, lagMs] of [
      [1, 9],
      [5, 3],
    ] as const)
      bus.emit('round.finished', { flushedAtMs: 0, tookMs, lagMs })
    expect(take()).toMatchObject({ 'stream.round.took_ms': 5, 'stream.round.lag_ms': 9 })
    expect(take()).toMatchObject({ 'stream.round.took_ms': 0, 'stream.round.lag_ms': 0 })
  })

  it('counts handlers that threw, and reports that failed', () => {
    bus.on('node.draining', () => {
      throw new Error('broken')
    })
    bus.emit('node.draining', {})
    bus.emit('report.failed', { report: 'admin' })
    expect(take()).toMatchObject({ 'handlers.failed': 1, 'reports.failed': 1 })
  })

  it('shows the positions, and counts cuts and resumed streams by outcome', () => {
    for (const outcome of ['agrees', 'agrees', 'drift'] as const) bus.emit('cut.finished', { outcome, tookMs: 5 })
    for (const outcome of ['served', 'too-old', 'served'] as const) bus.emit('resume.answered', { outcome })
    expect(take()).toMatchObject({
      'positions.shared': 0,
      'positions.position': 0,
      'positions.healed': 0,
      'positions.cuts.agrees': 2,
      'positions.cuts.drift': 1,
      'stream.resumed.served': 2,
      'stream.resumed.too-old': 1,
    })
  })

  it('has exactly the figures that docs/graphite.md explains', () => {
    bus.emit('subscriber.opened', { namespaces: ['trending'], queued: [] })
    close(['eps'], 'client')
    bus.emit('connection.refused', { reason: 'full' })
    bus.emit('request.rejected', { reason: 'malformed' })
    bus.emit('cut.finished', { outcome: 'drift', tookMs: 5 })
    bus.emit('resume.answered', { outcome: 'served' })
    const explained = [...readFileSync('docs/graphite.md', 'utf8').matchAll(/^\| `([a-z_.0-9<>]+)` \|/gm)].map(([, name]) => name)
    const told = [...figures.take(NOW_MS), ...processFigures({ p50: 0, p99: 0, max: 0 })].map(([name]) => name)
    const names = [...told, 'reports.dropped'].map((name) =>
      name
        .replace(/\.(client|full|malformed)$/, '.<reason>')
        .replace(/\.(drift|served)$/, '.<outcome>')
        .replace('.trending.', '.<name>.'),
    )
    expect(names.sort()).toEqual(explained.sort())
  })
})

function block(): void {
  for (const until = performance.now() + BLOCK_MS; performance.now() < until; );
}

describe('EventLoopDelay', () => {
  const delay = new EventLoopDelay()

  afterEach(() => delay.stop())

  it('shows how long the loop was held up since it was last asked', async () => {
    delay.start()
    const seen = await eventually('the delay is seen', async () => {
      await later(PAUSE_MS)
      block()
      await later(PAUSE_MS)
      const taken = delay.take()
      return taken.max >= BLOCK_MS / 2 ? taken : undefined
    })
    expect(seen.max).toBeGreaterThanOrEqual(seen.p99)
    expect(seen.p99).toBeGreaterThanOrEqual(seen.p50)
    expect(delay.take().max).toBe(0)
  })

  it('is all noughts before the first sample', () => {
    expect(new EventLoopDelay().take()).toEqual({ p50: 0, p99: 0, max: 0 })
  })
})
