import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectionReport, StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import { REPORTS } from '../../support/servers/cluster.js'
import { aConnection } from '../../support/servers/fixtures.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { untilConnections } from '../../support/servers/probes.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const MANY = 1_010
const LISTED = 1_000

async function statusOf(server: ServerProcess): Promise<StatusReport> {
  const answer = await fetch(`${server.url}/admin/status.json`, { headers: { connection: 'close' } })
  expect(answer.status).toBe(200)
  return (await answer.json()) as StatusReport
}

const nowS = () => Math.floor(Date.now() / 1000)

describe('status.json', () => {
  let stack: LiveStack
  let startedAt: number

  beforeAll(async () => {
    startedAt = nowS()
    // Without a host, as in production, the server sees IPv4 clients on an IPv6 socket.
    stack = await LiveStack.start({
      HOST: '',
      NODE_NAME: 'here',
      ENABLE_KIOSK_INTERACTION_STREAM: 'true',
      QUEUE_MAX_BYTES: '100000000',
      REPORT_MS: '500',
    })
  })
  afterEach(async () => {
    stack.closeClients()
    await untilConnections(stack.server, 0)
  })
  afterAll(() => stack.stop())

  it('reports the node, with times in whole seconds', async () => {
    const before = nowS()
    const { reported_at, startup_time, ...rest } = await statusOf(stack.server)

    expect(rest).toMatchObject({ node: 'nest-development-here', status: 'OK', msgs_broadcast: 0, connections_total: 0, connections: [] })
    expect(reported_at).toSatisfy((time: number) => Number.isInteger(time) && time >= before && time <= nowS())
    expect(startup_time).toSatisfy((time: number) => Number.isInteger(time) && time >= startedAt && time <= before)
  })

  it('has the positions of the node, which grow with the updates', async () => {
    const { positions, startup_time } = await statusOf(stack.server)
    expect(Object.keys(positions)).toEqual(['mode', 'epoch', 'position', 'oldest', 'healed', 'since', 'reason'])
    expect(positions).toMatchObject({ mode: 'private', epoch: expect.stringMatching(/^[0-9a-z]{8,16}$/), healed: 0 })
    expect(positions.since).toBeGreaterThanOrEqual(startup_time)
    await stack.feeder.update('2665')
    await eventually('it has grown', async () => (await statusOf(stack.server)).positions.position === positions.position + 1)
  })

  it('lists every open stream, the oldest first', async () => {
    const opened = [
      ['/subscribe/eps?since=1', '/subscribe/eps', '/eps', null],
      ['/subscribe/details/2665', '/subscribe/details/2665', '/details/2665', '2665'],
      ['/subscribe/details/a%2Fb', '/subscribe/details/a%2Fb', '/details/a/b', 'a/b'],
      ['/subscribe?stream=eps&stream=details/2665', '/subscribe', '/eps,details/2665', null],
      ['/subscribe/details', '/subscribe/details', '/details', null],
      ['/subscribe/raw', '/subscribe/raw', '/raw', null],
      ['/subscribe/kiosk_interaction', '/subscribe/kiosk_interaction', '/kiosk_interaction', null],
    ] as const
    const before = nowS()
    for (const [path] of opened) await stack.open(path, { headers: { 'User-Agent': `agent of ${path}`, 'X-Forwarded-For': '6.6.6.6' } })

    const { connections, connections_total, reported_at } = await statusOf(stack.server)

    expect(connections_total).toBe(opened.length)
    expect(connections).toMatchObject(
      opened.map(([path, request_path, namespace, tag]) => {
        return { request_path, namespace, tag, client_ip: '127.0.0.1', user_agent: `agent of ${path}`, msgs_sent: 0 }
      }),
    )
    const times = connections.map(({ created_at }) => created_at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times.every((time) => Number.isInteger(time) && time >= before && time <= reported_at)).toBe(true)
    expect(connections.map(({ age }) => age)).toEqual(times.map((time) => reported_at - time))
  })

  it('counts a frame once as broadcast, and as sent for each stream that it went to', async () => {
    const { msgs_broadcast } = await statusOf(stack.server)
    const clients = await Promise.all(['details/N', 'details', 'details/OTHER'].map((name) => stack.open(`/subscribe/${name}`)))

    for (let n = 0; n < 5; n++) await stack.feeder.publish('stream.tweet_updates.N', String(n))
    for (const client of clients.slice(0, 2)) await client.until('five frames', ({ frames }) => frames === 5)

    const status = await statusOf(stack.server)
    expect(status.msgs_broadcast - msgs_broadcast).toBe(5)
    const sent = new Map(status.connections.map((connection) => [connection.namespace, connection.msgs_sent]))
    expect(sent).toEqual(new Map(Object.entries({ '/details/N': 5, '/details': 5, '/details/OTHER': 0 })))
  })

  it('shows the user agent whatever it is made of, at most 256 characters of it, and "" without one', async () => {
    const agents = [`Mozilla/5.0 "quoted" \\ \t <b> é\xff\x80`, 'x'.repeat(15_000)]
    for (const agent of agents) await stack.open('/subscribe/eps', { headers: { 'User-Agent': agent } })
    await stack.open('/subscribe/eps')

    const { connections } = await statusOf(stack.server)

    expect(connections.map(({ user_agent }) => user_agent)).toEqual([agents[0], 'x'.repeat(256), ''])
  })

  it('forgets clients that have left, however they left', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => stack.open('/subscribe/eps')))
    expect((await statusOf(stack.server)).connections_total).toBe(4)

    clients[0]?.close()
    clients[1]?.reset()
    clients[2]?.halfClose()
    await untilConnections(stack.server, 1)

    expect((await statusOf(stack.server)).connections).toHaveLength(1)
  })

  it(`lists the ${LISTED} most recent of ${MANY} streams, and says how many there are of each kind`, async () => {
    for (let opened = 0; opened < MANY; opened += 101) {
      const path = `/subscribe/details/${opened === 0 ? 'OLD' : 'NEW'}`
      await Promise.all(Array.from({ length: Math.min(101, MANY - opened) }, () => stack.open(path, { keepBody: false })))
    }

    const { connections, connections_total, streams } = await statusOf(stack.server)

    expect(connections_total).toBe(MANY)
    expect(streams).toEqual({ eps: 0, raw: 0, details: MANY, kiosk_interaction: 0 })
    expect(connections).toHaveLength(LISTED)
    expect(connections.filter(({ tag }: ConnectionReport) => tag === 'OLD')).toHaveLength(101 - (MANY - LISTED))
  })

  it('has at most 256 KiB, in Redis too, however long the texts of the clients: the most recent ones of them', async () => {
    const redis = aConnection(stack.redis.url)
    const query = Array.from({ length: 8 }, (_, n) => `stream=details/${'%22'.repeat(100)}${n}`).join('&')
    for (let opened = 0; opened < 400; opened += 50) {
      const headers = { 'User-Agent': '"'.repeat(1_000) }
      await Promise.all(Array.from({ length: 50 }, () => stack.open(`/subscribe?${query}`, { headers, keepBody: false })))
    }

    const answer = await fetch(`${stack.server.url}/admin/status.json`, { headers: { connection: 'close' } })
    const text = await answer.text()
    const { connections, connections_total } = JSON.parse(text) as StatusReport

    expect(connections_total).toBe(400)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(262_144)
    expect(connections.length).toBeGreaterThan(200)
    expect(connections.at(-1)?.namespace).toBe(`/details/${'"'.repeat(100)}0,details/${'"'.repeat(100)}1,…+6`)
    await eventually('it is reported', async () => {
      const report = await redis.hget(REPORTS, 'nest-development-here')
      return report !== null && (JSON.parse(report) as StatusReport).connections_total === 400 && Buffer.byteLength(report) <= 262_144
    })
  })

  it('lists a client that is behind, though many have come since, and says by how much', async () => {
    const behind = await stack.open('/subscribe/details/BIG', { headers: { 'User-Agent': 'behind' } })
    behind.pause()
    // More than the kernels on both sides hold.
    for (let n = 0; n < 16; n++) await stack.feeder.publish('stream.tweet_updates.BIG', 'x'.repeat(500_000))
    await Promise.all(Array.from({ length: LISTED }, () => stack.open('/subscribe/eps', { keepBody: false })))

    const found = await eventually('the one that is behind is listed', async () =>
      (await statusOf(stack.server)).connections.find(({ user_agent }) => user_agent === 'behind'),
    )

    expect(found.buffered_bytes).toBeGreaterThan(0)
    expect(found.lag_ms).toBeGreaterThan(0)
    behind.close()
  })
})

it.each(['staging', 'production'])('hides in %s which clients are connected', async (environment) => {
  const stack = await LiveStack.start({ NODE_ENV: environment, NODE_NAME: 'n' })
  try {
    await stack.open('/subscribe/details/2665', { headers: { 'User-Agent': 'secret agent' } })

    const status = await statusOf(stack.server)

    expect(status.node).toBe(`nest-${environment}-n`)
    expect(status.connections).toMatchObject([{ request_path: '/subscribe/details/2665', tag: '2665', client_ip: '', user_agent: '' }])
    expect(JSON.stringify(status)).not.toMatch(/secret agent|127\.0\.0\.1/)
  } finally {
    await stack.stop()
  }
})
