import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { RawClient } from '../../support/clients/raw-client.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { connectionsTotal, untilConnections } from '../../support/servers/probes.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { afterOpening } from '../../support/wire/opening.js'

/** Method, path and status of requests that get no stream. */
const REFUSED = [
  ['GET', '/subscribe/', 404],
  ['GET', '/subscribe/eps/', 404],
  ['GET', '/subscribe/raw/', 404],
  ['GET', '/subscribe/details/2665/', 404],
  ['GET', '/subscribe/nope', 404],
  ['GET', '/subscribe/EPS', 404],
  ['GET', '/subscribe/eps/2665/', 404],
  ['GET', '/subscribe/raw/2665', 404],
  ['GET', '//subscribe/eps', 404],
  ['GET', '/subscribe/../subscribe/eps', 404],
  ['GET', '/subscribe/..%2fsubscribe/eps', 404],
  ['GET', '/subscribe/nope%0d%0a%1b[2J', 404],
  ['GET', '/assets/nope', 404],
  ['POST', '/', 404],
  ['GET', '/nope', 404],
  ['POST', '/subscribe/eps', 404],
  ['PUT', '/subscribe/raw', 404],
  ['DELETE', '/subscribe/details/2665', 404],
  ['PATCH', '/subscribe?stream=eps', 404],
  ['FOO', '/subscribe/eps', 400],
] as const

let stack: LiveStack

beforeAll(async () => {
  stack = await LiveStack.start({ KEEPALIVE_MS: '1000' })
})
afterEach(() => stack.closeClients())
afterAll(() => stack.stop())

it('frames an HTTP/1.1 stream in chunks, one for each flush', async () => {
  const client = await stack.open('/subscribe/eps')
  expect(client.chunks).toBe(1)

  for (let n = 1; n <= 5; n++) {
    await stack.feeder.update('CHUNK')
    await client.until(`update ${n}`, ({ counts }) => counts.get('CHUNK') === n)
    expect(client.chunks).toBe(1 + client.frames)
  }
})

it('sends an HTTP/1.0 client a plain body, on a connection that is not kept alive', async () => {
  const client = await stack.open('/subscribe/details/TEN', { httpVersion: '1.0' })
  const eps = await stack.open('/subscribe/eps', { httpVersion: '1.0' })

  await stack.feeder.update('TEN', '"x"')
  await client.until('the frame', ({ frames }) => frames > 0)
  await eps.until('the increment', ({ counts }) => counts.has('TEN'))

  expect(client.head?.headers.get('connection')).toBe('close')
  expect(client.head?.headers.has('transfer-encoding')).toBe(false)
  expect(afterOpening(client.received.toString().split('\r\n\r\n')[1] ?? '')).toBe('event:stream.tweet_updates.TEN\ndata:"x"\n\n')
  expect(eps.body).toMatch(/^:ok\n\nretry:\d+\n\n(?:data:\{[^\n]+\}\n\n)+$/)
})

it.each([
  [
    'offers to upgrade to a WebSocket',
    { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  ],
  ['offers to upgrade to HTTP/2', { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAoAAAAAIAAAAA' }],
  ['accepts JSON alone', { Accept: 'application/json' }],
  ['has seen an event', { 'Last-Event-ID': '7' }],
])('streams to a client that %s, as to any other', async (_what, headers) => {
  const client = await stack.open('/subscribe/details/UPGRADE', { headers })

  await stack.feeder.publish('stream.tweet_updates.UPGRADE', '"x"')
  await client.until('the frame', (answer) => answer.messages().some(({ data }) => data === '"x"'))

  expect(client.head?.status).toBe(200)
  expect(client.head?.headers.get('connection')).toBe('keep-alive')
})

it('keeps the connection of a HEAD for the next request, and closes it where the client asks for that', async () => {
  const kept = await stack.answer('/subscribe/eps', { method: 'HEAD' })
  kept.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
  await kept.until('the next answer', ({ surplus }) => surplus.includes('"status":"ok"'))
  expect(kept.surplus.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)

  for (const Connection of ['close', 'TE, Close']) {
    const closing = await stack.answer('/subscribe/eps', { method: 'HEAD', headers: { Connection } })
    expect(closing.head?.headers.get('connection')).toBe('close')
    await closing.closed
  }
})

it.each(REFUSED)('answers %s %s with an error that shows nothing of the inside', async (method, path, status) => {
  const answer = await stack.answer(path, { method })

  expect(answer.head?.status).toBe(status)
  expectPublicError(answer.body, status)
})

it.each([
  ['a header of 20 KB', { headers: { 'X-Long': 'x'.repeat(20_000) } }, 431],
  ['a path of 20 KB', { path: `/subscribe/details/${'x'.repeat(20_000)}` }, 431],
  ['no HTTP', { request: 'hello\r\n\r\n' }, 400],
  ['a malformed escape in the path', { path: '/subscribe/details/%zz' }, 400],
])('answers %s with a public error as well', async (_, options, status) => {
  const answer = await stack.answer('path' in options ? options.path : '/subscribe/eps', options)

  expect(answer.head?.status).toBe(status)
  expectPublicError(answer.body, status)
})

it('counts no subscriber for a refused request', async () => {
  await untilConnections(stack.server, 0)
  for (const [method, path] of REFUSED) await stack.answer(path, { method })

  expect(await connectionsTotal(stack.server)).toBe(0)
})

it('says for how long it keeps an idle connection, and closes it then', async () => {
  const client = await stack.answer('/health/live')
  expect(client.head?.headers.get('keep-alive')).toBe('timeout=1')
  // Bytes after the answer would be an error of the client.
  await client.closed
  expect(await client.ended).toEqual({ clean: true })
})

it('ends in order while connections stand open that have asked for nothing, or nothing more, as load balancers keep them', async () => {
  const server = await ServerProcess.start()
  const client = await RawClient.connect(server.port, { request: '' })
  const answered = await RawClient.connect(server.port, { path: '/health/live' })
  await answered.ended
  // Longer than any common load balancer keeps it.
  expect(answered.head?.headers.get('keep-alive')).toBe('timeout=95')

  const { code } = await server.stop()

  expect(code).toBe(0)
  expect(server.output).not.toContain('took too long')
  await Promise.all([client.closed, answered.closed])
})

/** A JSON object for people and programs: no stack, no path of a file. */
function expectPublicError(body: string, status: number): void {
  expect(JSON.parse(body)).toMatchObject({ statusCode: status, message: expect.any(String), error: expect.any(String) })
  expect(body).not.toMatch(/\\n|node_modules|\bat \w+ \(|\.[jt]s\b|\/(?:work|home|usr|tmp)\//)
}
