import { Logger } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakePositions } from '../../../test/support/fakes/fake-positions.js'
import { FakeReportStore } from '../../../test/support/fakes/fake-report-store.js'
import { FakeStats } from '../../../test/support/fakes/fake-stats.js'
import { subscriberInfo } from '../../../test/support/fakes/subscriber-info.js'
import { nodeCounters } from '../../../test/support/node-counters.js'
import { parseConfig } from '../../common/config/parse-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { type NodeReport, ReportReaderService } from './cluster-reports.js'
import { Leftovers, ReportService } from './report.service.js'
import { StatusService } from './status.service.js'

const REPORT_MS = 1000
const CONFIG = parseConfig(
  { REPORT_MS: String(REPORT_MS), NODE_NAME: 'one' },
  { hostname: 'box', cores: 1, worker: null, readText: () => undefined },
)
const NODE = 'nest-development-one'

/** The statistics of one stream. */
class OneStream extends FakeStats {
  override total = 1

  override each() {
    return [subscriberInfo({ namespaces: ['eps'], clientIp: '192.0.2.1', userAgent: 'agent' })]
  }
}

describe('ReportService', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
  let store: FakeReportStore
  let failed: number
  let startupTime: number
  let registry: SchedulerRegistry

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] })
    warn.mockClear()
    failed = 0
    store = new FakeReportStore()
    registry = new SchedulerRegistry()
  })
  afterEach(() => {
    for (const name of registry.getIntervals()) registry.deleteInterval(name)
    vi.useRealTimers()
  })

  function start(given: FakeReportStore | null = store): ReportService {
    const bus = new EventBus((_event, error) => {
      throw error
    })
    bus.on('report.failed', ({ report }) => {
      if (report === 'admin') failed++
    })
    const reader = new ReportReaderService(given)
    const stats = new OneStream()
    const status = new StatusService(CONFIG, bus, stats, new NodeState(), nodeCounters(bus, { stats }), reader, fakePositions(), registry)
    startupTime = status.startupTime
    const service = new ReportService(CONFIG, bus, status, reader, given, registry)
    service.onApplicationBootstrap()
    return service
  }

  /** Lets this time pass, and awaits its effects. */
  async function pass(ms: number): Promise<void> {
    vi.advanceTimersByTime(ms)
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  it('reports once connected and every REPORT_MS, in full', async () => {
    start()
    store.onReady()
    await pass(0)
    expect(store.done).toEqual([`put ${NODE}`])
    expect(store.reports).toMatchObject([{ node: NODE, connections: [{ namespace: '/eps', client_ip: '192.0.2.1', user_agent: 'agent' }] }])
    await pass(REPORT_MS)
    await pass(REPORT_MS)
    expect(store.done).toHaveLength(3)
    expect(registry.getIntervals()).toEqual(['admin-report'])
  })

  it('never has two reports under way', async () => {
    start()
    let answer = (): void => undefined
    store.answer = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    await pass(REPORT_MS)
    await pass(REPORT_MS)
    await pass(REPORT_MS)
    expect(store.done).toHaveLength(1)
    answer()
    await pass(0)
    await pass(REPORT_MS)
    expect(store.done).toHaveLength(2)
  })

  it('counts each failure, warns once a minute, and continues', async () => {
    start()
    store.answer = () => Promise.reject(new Error('NOPERM no permissions\nrest'))
    for (let report = 0; report < 3; report++) await pass(REPORT_MS)
    expect([failed, store.done.length]).toEqual([3, 3])
    expect(warn).toHaveBeenCalledOnce()
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ error: 'NOPERM no permissions', advice: expect.stringContaining('~admin_stream_status') }),
    )
    await pass(60_000)
    expect(warn).toHaveBeenCalledTimes(2)
  })

  it('removes reports older than an hour that stay the same, and keeps reports without a time', async () => {
    const nowS = Math.floor(Date.now() / 1000)
    for (const [node, reported_at] of Object.entries({ old: nowS - 3601, dead: nowS - 3590, undated: null })) {
      store.fields.set(node, JSON.stringify({ reported_at }))
    }
    store.fields.set('broken', '{')
    start()
    const reports = async (count: number) => {
      store.done.length = 0
      for (let report = 0; report < count; report++) await pass(REPORT_MS)
      return store.done.filter((what) => what !== `put ${NODE}`)
    }
    // Three periods of a streamer that reports every 5 s.
    expect(await reports(15)).toEqual([])
    expect(await reports(1)).toEqual(['remove old'])
    expect(await reports(14)).toEqual([])
    expect(await reports(1)).toEqual(['remove dead'])
    expect(await reports(70)).toEqual([])
    expect([...store.fields.keys()]).toEqual(['undated', 'broken'])
  })

  it('takes its report back when the node stops, and sends none after that', async () => {
    const service = start()
    await pass(REPORT_MS)
    await service.beforeApplicationShutdown()
    await pass(REPORT_MS)
    expect(store.done).toEqual([`put ${NODE}`, `remove own ${NODE} ${startupTime}`, 'disconnect'])
    expect(failed).toBe(0)
  })

  it('does nothing without Redis', async () => {
    const service = start(null)
    expect(registry.getIntervals()).toEqual([])
    await service.beforeApplicationShutdown()
  })
})

const NOW = 1_700_000_000
const HOUR = 3600

describe('the reports that are left over', () => {
  /** Looks at one report of a node after so many seconds. */
  function finder() {
    const leftovers = new Leftovers()
    return async (atS: number, report: NodeReport) => {
      const reports = (async function* () {
        yield { node: 'one', report, nowS: NOW + atS }
      })()
      return leftovers.find(reports, atS * 1000)
    }
  }
  const NONE = { nodes: [], againMs: 60_000 }

  it('are those of an hour ago that stay the same for three periods', async () => {
    const find = finder()
    const old = { reported_at: NOW - HOUR - 1 }
    expect(await find(0, old)).toEqual({ nodes: [], againMs: 15_000 })
    expect(await find(14, old)).toEqual({ nodes: [], againMs: 1_000 })
    expect(await find(15, old)).toEqual({ nodes: ['one'], againMs: 60_000 })
    expect(await finder()(0, { ...old, report_ms: 300_000 })).toEqual(NONE)
  })

  it('are none of an hour at most, and none without a time', async () => {
    const find = finder()
    for (const report of [{ reported_at: NOW - HOUR }, {}, { reported_at: 'yesterday' }]) {
      expect(await find(0, report)).toEqual(NONE)
      expect(await find(0, report)).toEqual(NONE)
    }
  })

  it.each([-24 * HOUR, -HOUR - 1, HOUR, 24 * HOUR])('are none of a node whose clock is off by %d s, while it reports', async (offS) => {
    const find = finder()
    for (let atS = 0; atS < 3 * HOUR; atS += 60) {
      expect(await find(atS, { reported_at: NOW + atS + offS })).toMatchObject({ nodes: [] })
    }
  })

  it.each([[2 * HOUR], [24 * HOUR], [1e9]])('are those of a time to come, in %d s, that stay the same for an hour', async (aheadS) => {
    const find = finder()
    const ahead = { reported_at: NOW + aheadS }
    expect(await find(0, ahead)).toEqual(NONE)
    expect(await find(HOUR - 1, ahead)).toEqual({ nodes: [], againMs: 1_000 })
    expect(await find(HOUR, ahead)).toEqual({ nodes: ['one'], againMs: 60_000 })
  })

  it('are not those of a node that reports again after a pause', async () => {
    const find = finder()
    await find(0, { reported_at: NOW - HOUR - 1 })
    expect(await find(15, { reported_at: NOW - HOUR })).toEqual({ nodes: [], againMs: 15_000 })
    expect(await find(30, { reported_at: NOW + 30 })).toEqual(NONE)
    expect(await find(45, { reported_at: NOW - HOUR })).toEqual({ nodes: [], againMs: 15_000 })
  })
})
