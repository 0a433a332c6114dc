import { expect, it } from 'vitest'
import { subscriberInfo } from '../../../test/support/fakes/subscriber-info.js'
import type { StatusReport } from './status-report.js'
import { statusText } from './status-text.js'

const HEAD: Omit<StatusReport, 'connections'> = {
  node: 'nest-test-"box"',
  status: 'OK',
  reported_at: 1_700_000_060,
  startup_time: 1_699_999_000,
  report_ms: 5000,
  draining: false,
  ingest: { source: 'redis', state: 'ready', since: 1_699_999_001 },
  updates: 1000,
  msgs_broadcast: 42,
  eps_rate: 58.8,
  frames_sent: 84,
  bytes_sent: 4200,
  conflated: 1,
  refused: 3,
  handler_failures: 1,
  report_failures: 0,
  unparsable_reports: 0,
  streams: { eps: 0, raw: 0, details: 1, kiosk_interaction: 0 },
  connections_total: 1,
}
const OPTIONS = { now: 1_700_000_060, isAuthorised: true, maxConnections: 1000 }

const parsed = async (...given: Parameters<typeof statusText>) => JSON.parse(await statusText(...given)) as StatusReport

it('the text is the head with its connections', async () => {
  expect(await parsed([], () => HEAD, OPTIONS)).toEqual({ ...HEAD, connections: [] })
  const { connections, ...head } = await parsed([subscriberInfo({ userAgent: '"}],\\' })], () => HEAD, OPTIONS)
  expect(head).toEqual(HEAD)
  expect(connections).toMatchObject([{ request_path: '/subscribe/details/2665', user_agent: '"}],\\', age: 60 }])
})

it('the text holds no more connections than there is room for, the most recent ones', async () => {
  const infos = Array.from({ length: 2345 }, (_, number) => subscriberInfo({ createdAt: number }))
  const { connections } = await parsed(infos, () => HEAD, OPTIONS)
  expect(connections.map(({ created_at }) => created_at)).toEqual(infos.slice(-1000).map(({ createdAt }) => createdAt))
})

it('the event loop gets its turn after each slice', async () => {
  let turns = 0
  const infos = Array.from({ length: 1000 }, () => subscriberInfo())
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await statusText(infos, () => HEAD, OPTIONS)
  isDone = true
  expect(turns).toBeGreaterThanOrEqual(15)
})
