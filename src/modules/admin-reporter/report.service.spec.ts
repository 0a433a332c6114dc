import { Logger } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeReportStore } from '../../../test/support/fakes/fake-report-store.js'
import { FakeStats } from '../../../test/support/fakes/fake-stats.js'
import { subscriberInfo } from '../../../test/support/fakes/subscriber-info.js'
import { nodeCounters } from '../../../test/support/node-counters.js'
import { parseConfig } from '../../common/config/parse-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { ReportReaderService } from './cluster-reports.js'
import { ReportService } from './report.service.js'
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
    const status = new StatusService(CONFIG, bus, stats, new NodeState(), nodeCounters(bus, { stats }), reader, registry)
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

  it('removes reports older than an hour, and keeps reports without a time', async () => {
    const nowS = Date.now() / 1000
    for (const [node, reported_at] of Object.entries({ old: nowS - 3601, dead: nowS - 3590, undated: null })) {
      store.fields.set(node, JSON.stringify({ reported_at }))
    }
    store.fields.set('broken', '{')
    start()
    await pass(REPORT_MS)
    expect(store.done).toEqual([`put ${NODE}`, 'remove old'])
    await pass(REPORT_MS)
    expect(store.done).toHaveLength(3)
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
