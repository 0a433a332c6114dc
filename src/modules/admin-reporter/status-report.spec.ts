import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { subscriberInfo } from '../../../test/support/fakes/subscriber-info.js'
import { byOpening, ConnectionPick, connectionReport, MAX_STATUS_BYTES, type StatusReport, statusText } from './status-report.js'

const NOW = 1_700_000_060
const SHOWN = { now: NOW, isAuthorised: true }

it('a connection has the shape that the original streamers gave it, and how it keeps up', () => {
  expect(connectionReport(subscriberInfo({ bufferedBytes: 4096, lagMs: 1234.5 }), SHOWN)).toEqual({
    request_path: '/subscribe/details/2665',
    namespace: '/details/2665',
    tag: '2665',
    created_at: 1_700_000_000,
    age: 60,
    client_ip: '192.0.2.1',
    user_agent: 'curl/8',
    msgs_sent: 7,
    conflated: 2,
    buffered_bytes: 4096,
    lag_ms: 1235,
  })
})

it('a multiplexed connection joins its namespaces by commas, after one slash', () => {
  const info = subscriberInfo({ requestPath: '/subscribe', namespaces: ['eps', 'details/2665'], tag: null })
  expect(connectionReport(info, SHOWN)).toMatchObject({ request_path: '/subscribe', namespace: '/eps,details/2665', tag: null })
})

it.each([
  [['eps'], '/eps'],
  [['details/a', 'x'.repeat(244), 'y'], '/details/a,…+2'],
  [['details/a,b', 'x'.repeat(244), 'y'], '/details/a,b,…+2'],
  [['details/a', 'x'.repeat(243), 'y'], `/details/a,${'x'.repeat(243)},y`],
  [['details/a', 'x'.repeat(240), 'yyyy', 'z'], `/details/a,${'x'.repeat(240)},…+2`],
  [Array.from({ length: 64 }, (_, n) => `details/${n}`), `/${Array.from({ length: 23 }, (_, n) => `details/${n}`).join(',')},…+41`],
])('%j is a namespace of at most 256 characters that says how many are left out', (namespaces, namespace) => {
  expect(connectionReport(subscriberInfo({ namespaces }), SHOWN).namespace).toBe(namespace)
})

it('a path has at most 256 characters', () => {
  const requestPath = `/subscribe/details/${'%F0%9F%98%82'.repeat(32)}`
  expect(connectionReport(subscriberInfo({ requestPath }), SHOWN).request_path).toBe(requestPath.slice(0, 256))
})

it('addresses and user agents are for authorised clients', () => {
  const hidden = connectionReport(subscriberInfo(), { ...SHOWN, isAuthorised: false })
  expect(hidden).toMatchObject({ client_ip: '', user_agent: '', msgs_sent: 7, namespace: '/details/2665' })
})

it('no connection has a negative age, even where the clock was set back', () => {
  expect(connectionReport(subscriberInfo({ createdAt: NOW + 30 }), SHOWN).age).toBe(0)
})

const HEAD: Omit<StatusReport, 'connections'> = {
  node: 'nest-test-"box"',
  status: 'OK',
  reported_at: 1_700_000_060,
  startup_time: 1_699_999_000,
  report_ms: 5000,
  draining: false,
  ingest: { source: 'redis', state: 'ready', since: 1_699_999_001 },
  positions: {
    mode: 'shared',
    epoch: 'abcdefgh1234',
    position: 48_211_907,
    oldest: 47_163_331,
    healed: 17,
    since: 1_699_999_004,
    reason: null,
  },
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

it.each([[[]], [[subscriberInfo()]]])(
  'the counts of the text are those at the end of the turn in which the last stream opened',
  async (streams) => {
    let connections_total = 0
    setImmediate(() => {
      connections_total = streams.length + 1
    })
    expect(await parsed(streams, () => ({ ...HEAD, connections_total }), OPTIONS)).toMatchObject({ connections_total: streams.length + 1 })
  },
)

it('the text holds no more connections than there is room for, the most recent ones', async () => {
  const infos = Array.from({ length: 2345 }, (_, number) => subscriberInfo({ createdAt: number }))
  const { connections } = await parsed(infos, () => HEAD, OPTIONS)
  expect(connections.map(({ created_at }) => created_at)).toEqual(infos.slice(-1000).map(({ createdAt }) => createdAt))
})

it('the text has at most 256 KiB, however long the texts of 10,000 connections: first the worst, then the most recent ones', async () => {
  const namespaces = Array.from({ length: 64 }, (_, n) => `details/${'"é'.repeat(12)}${n}`)
  const infos = Array.from({ length: 10_000 }, (_, createdAt) =>
    subscriberInfo({
      createdAt,
      requestPath: '"'.repeat(9_000),
      namespaces,
      userAgent: '\\'.repeat(256),
      lagMs: createdAt % 1_000 === 7 ? 5 : 0,
    }),
  )
  let turns = 0
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  const text = await statusText(infos, () => ({ ...HEAD, connections_total: infos.length }), OPTIONS)
  isDone = true
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_STATUS_BYTES)
  expect(Buffer.byteLength(text)).toBeGreaterThan(MAX_STATUS_BYTES - 2_500)
  const { connections, connections_total } = JSON.parse(text) as StatusReport
  const times = connections.map(({ created_at }) => created_at)
  expect(connections_total).toBe(10_000)
  expect(times.slice(0, 10)).toEqual([7, 1_007, 2_007, 3_007, 4_007, 5_007, 6_007, 7_007, 8_007, 9_007])
  expect(times.slice(10)).toEqual(infos.slice(10 - times.length).map(({ createdAt }) => createdAt))
  expect(turns).toBeGreaterThanOrEqual(50)
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

/** Connections in the order of opening, `number` of each in its place as the number of messages. */
function pick(limit: number, given: readonly { lagMs?: number; bufferedBytes?: number; createdAt?: number }[]): number[] {
  const picked = new ConnectionPick(limit)
  given.forEach((connection, number) => {
    picked.see(subscriberInfo({ createdAt: number, ...connection, msgsSent: number }))
  })
  return [...picked.list()].sort(byOpening).map(({ info }) => info.msgsSent)
}

const FINE = {}

describe('the connections that a report lists', () => {
  it('are all of them where there is room', () => {
    expect(pick(4, [])).toEqual([])
    expect(pick(4, [FINE, { lagMs: 5 }, FINE, { bufferedBytes: 5 }])).toEqual([0, 1, 2, 3])
  })

  it('are else the most recent ones', () => {
    expect(pick(3, Array(10).fill(FINE))).toEqual([7, 8, 9])
  })

  it('include the worst, as up to half of the list: the longest lag first, then the largest backlog', () => {
    const connections = [{ lagMs: 10 }, { lagMs: 30 }, { bufferedBytes: 9 }, { lagMs: 20 }, FINE, FINE, FINE, FINE, { lagMs: 5 }]
    expect(pick(4, connections)).toEqual([1, 3, 7, 8])
    expect(pick(6, [{ bufferedBytes: 1 }, { bufferedBytes: 3 }, { bufferedBytes: 2 }, { lagMs: 1 }, ...Array(6).fill(FINE)])).toEqual([
      1, 2, 3, 7, 8, 9,
    ])
  })

  it('are in the order of their times, and of opening within a second', () => {
    expect(pick(4, [{ createdAt: 5 }, { createdAt: 9 }, { createdAt: 5, lagMs: 1 }, { createdAt: 4 }])).toEqual([3, 0, 2, 1])
  })

  it('are none where none are wanted, and the last where one is', () => {
    expect(pick(0, [FINE, { lagMs: 5 }])).toEqual([])
    expect(pick(1, [{ lagMs: 5 }, FINE])).toEqual([1])
  })

  it('are as many as there is room for, and hold the worst half, whatever there is', () => {
    const lag = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(lag, { maxLength: 120 }), (limit, lags) => {
        const picked = pick(
          limit,
          lags.map((lagMs) => ({ lagMs })),
        )
        expect(new Set(picked).size).toBe(Math.min(limit, lags.length))
        expect(picked).toEqual([...picked].sort((a, b) => a - b))
        const worst = lags
          .filter((ms) => ms > 0)
          .sort((a, b) => b - a)
          .slice(0, Math.floor(limit / 2))
        const found = picked.map((number) => lags[number] ?? 0).sort((a, b) => b - a)
        expect(found.slice(0, worst.length)).toEqual(worst)
      }),
    )
  })
})
