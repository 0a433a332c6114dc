import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aClient, aLiveServer, openClients } from '../../support/servers/fixtures.js'
import { statusOf, untilConnections } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { aTeam } from '../../support/servers/team.js'

const EPS = '/subscribe/eps'
const CLEANUP = '/subscribe/cleanup/scores'
const MANY = 200
const DRIP_MS = 1000
/** A request may take 10 s, which is looked at every 5 s. */
const BOUND_MS = 16_000

/** How many requests the server has rejected, by reason. */
const rejections = async (server: ServerProcess) => (await scrapeOf(server)).by('emojitrack_requests_rejected_total', 'reason')
const NONE = { timeout: 0, 'too-large': 0, malformed: 0, pipelined: 0, unread: 0, 'no-room': 0 }

/** Sends a byte a second until the server ends the connection, and says after how long that was. */
async function drip(client: RawClient, byte: string): Promise<number> {
  const startMs = performance.now()
  let isOver = false
  void client.closed.then(() => {
    isOver = true
  })
  while (!isOver && performance.now() - startMs < 2 * BOUND_MS) {
    client.write(byte)
    await Promise.race([client.closed, delay(DRIP_MS)])
  }
  return performance.now() - startMs
}

/** The first bytes of each kind of slow client, and the byte that it repeats. */
const DRIPPERS = [
  ['GET /', 'x'],
  [`GET ${EPS} HTTP/1.1\r\nHost: here\r\nX-Slow: `, 'x'],
  [`POST ${CLEANUP} HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n`, 'x'],
  [`GET ${EPS} HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n`, 'x'],
  ['', ''],
] as const

it('hundreds of clients that drip their request line, headers or body, or say nothing, are gone in time and disturb nobody', async () => {
  const { server, feeder } = await aLiveServer({ MAX_CONNECTIONS: '5' })
  const others = await openClients(server, 5, { path: EPS })
  const slow = Array.from({ length: MANY }, (_, index) => DRIPPERS[index % DRIPPERS.length] ?? DRIPPERS[0])
  const clients = await Promise.all(slow.map(([request]) => aClient(server, { path: EPS, request, keepBytes: 1000 })))
  const running = feeder.run({ perSecond: 400, seconds: 5 })
  const times = Promise.all(clients.map((client, index) => drip(client, slow[index]?.[1] ?? '')))
  expect(await statusOf(server, '/health/ready')).toBe(200)
  await expectExactSums(others, await running, feeder)
  expect(Math.max(...(await times))).toBeLessThan(BOUND_MS)
  for (const { head } of clients) expect([undefined, 408]).toContain(head?.status)
  expect(complaints(server)).toEqual([])
  expect(await rejections(server)).toEqual({ ...NONE, timeout: MANY })
})

describe('a client', () => {
  let server: ServerProcess
  beforeAll(async () => {
    server = await ServerProcess.start()
  })
  afterAll(async () => expect(await server.stop()).toMatchObject({ code: 0 }))

  it.each<[string, string | Buffer, number, keyof typeof NONE]>([
    ['a header of 20 KB', `GET ${EPS} HTTP/1.1\r\nHost: here\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'too-large'],
    ['thousands of headers', `GET ${EPS} HTTP/1.1\r\nHost: here\r\n${'A: a longer value\r\n'.repeat(5000)}\r\n`, 431, 'too-large'],
    ['a URL of 20 KB', `GET ${EPS}?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: here\r\n\r\n`, 431, 'too-large'],
    [
      'a body of 2 MB',
      `POST ${EPS} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n`,
      413,
      'too-large',
    ],
    ['a cleanup of 2 KB', `POST ${CLEANUP} HTTP/1.1\r\nHost: here\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(2000)}`, 413, 'too-large'],
    ['TLS', Buffer.from('160301020001000001fc0303', 'hex'), 400, 'malformed'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed'],
    ['two lengths', `POST ${EPS} HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`, 400, 'malformed'],
    [
      'a length and chunks',
      `POST ${EPS} HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'malformed',
    ],
    ['a malformed chunk', `POST ${CLEANUP} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, 'malformed'],
    ['no host', `GET ${EPS} HTTP/1.1\r\n\r\n`, 400, 'malformed'],
    ['a malformed URL', `GET ${EPS}/%zz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n`, 400, 'malformed'],
  ])('that sends %s is refused at once, and its connection with it, and counted', async (_what, request, status, reason) => {
    const before = await rejections(server)
    const client = await aClient(server, { path: EPS, request, keepBytes: 5000 })
    await client.closed
    expect(client.head?.status).toBe(status)
    expect(client.body).not.toMatch(/HPE_|FST_|node_modules|%zz/)
    expect(await statusOf(server, '/health/ready')).toBe(200)
    expect(await rejections(server)).toEqual({ ...before, [reason]: (before[reason] ?? 0) + 1 })
  })

  it.each([
    ['an ignored body', `POST ${CLEANUP}`],
    ['a body that nobody reads', 'POST /nope'],
    ['the body of a page', 'GET /'],
    ['the body of a stream', `GET ${EPS}`],
  ])('that half-closes its connection within %s is gone', async (_what, line) => {
    const request = `${line} HTTP/1.1\r\nHost: here\r\nContent-Length: 60000\r\n\r\n${'x'.repeat(17_000)}`
    const client = await aClient(server, { path: EPS, request, keepBytes: 5000 })
    client.halfClose()
    await client.closed
    await untilConnections(server, 0)
    expect(await statusOf(server, '/health/ready')).toBe(200)
  })

  it.each([
    ['before a request', ''],
    ['in a request', 'GET /sub'],
    ['in a body', `POST ${CLEANUP} HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nx`],
    ['in a stream', `GET ${EPS} HTTP/1.1\r\nHost: here\r\n\r\n`],
  ])('that resets its connection %s is not counted', async (_when, request) => {
    const before = await rejections(server)
    const clients = await Promise.all(Array.from({ length: 10 }, () => aClient(server, { path: EPS, request })))
    // When this request is answered, the server has read the earlier bytes.
    await statusOf(server, '/health/live')
    for (const client of clients) client.reset()
    await Promise.all(clients.map((client) => client.closed))
    await untilConnections(server, 0)
    expect(await rejections(server)).toEqual(before)
  })
})

it('two workers count together', async () => {
  const { server } = await aTeam()
  const clients = await Promise.all(Array.from({ length: 10 }, () => aClient(server, { path: EPS, request: 'no HTTP\r\n\r\n' })))
  await Promise.all(clients.map((client) => client.closed))
  expect(await rejections(server)).toEqual({ ...NONE, malformed: 10 })
})
