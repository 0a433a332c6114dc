import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { expectExactSums } from '../support/exact-sums.js'
import { aClient, aLiveServer, openClients } from '../support/fixtures.js'
import { statusOf } from '../support/probes.js'
import type { RawClient } from '../support/raw-client.js'
import { complaints } from '../support/server-log.js'

const EPS = '/subscribe/eps'
const MANY = 200
const DRIP_MS = 1000
/** A request may take 10 s, which is looked at every 5 s. */
const BOUND_MS = 16_000

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

it.each([
  ['their request line', 'GE', 'T'],
  ['their headers', `GET ${EPS} HTTP/1.1\r\nHost: here\r\nX-Slow: `, 'x'],
  ['their body', 'POST /subscribe/cleanup/scores HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n', 'x'],
  ['nothing at all', '', ''],
])('hundreds of clients that drip %s are gone in time, and disturb nobody', async (_what, request, byte) => {
  const { server, feeder } = await aLiveServer({ MAX_CONNECTIONS: '5' })
  const others = await openClients(server, 5, { path: EPS })
  const slow = await Promise.all(Array.from({ length: MANY }, () => aClient(server, { path: EPS, request, keepBytes: 1000 })))
  const running = feeder.run({ perSecond: 400, seconds: 5 })
  const times = Promise.all(slow.map((client) => drip(client, byte)))
  expect(await statusOf(server, '/health/ready')).toBe(200)
  await expectExactSums(others, await running, feeder)
  expect(Math.max(...(await times))).toBeLessThan(BOUND_MS)
  for (const { head } of slow) expect([undefined, 408]).toContain(head?.status)
  expect(complaints(server)).toEqual([])
})

it.each<[string, string | Buffer, number]>([
  ['a header of 20 KB', `GET ${EPS} HTTP/1.1\r\nHost: here\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['thousands of headers', `GET ${EPS} HTTP/1.1\r\nHost: here\r\n${'A: b\r\n'.repeat(5000)}\r\n`, 431],
  ['a URL of 20 KB', `GET ${EPS}?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: here\r\n\r\n`, 431],
  ['a body of 2 MB', `POST ${EPS} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n`, 413],
  ['TLS', Buffer.from('160301020001000001fc0303', 'hex'), 400],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['two lengths', `POST ${EPS} HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`, 400],
  ['a length and chunks', `POST ${EPS} HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['a malformed chunk', 'POST /subscribe/cleanup/scores HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
  ['no host', `GET ${EPS} HTTP/1.1\r\n\r\n`, 400],
])('a client that sends %s is refused at once, and its connection with it', async (_what, request, status) => {
  const { server } = await aLiveServer()
  const client = await aClient(server, { path: EPS, request, keepBytes: 5000 })
  await client.closed
  expect(client.head?.status).toBe(status)
  expect(await statusOf(server, '/health/ready')).toBe(200)
})
