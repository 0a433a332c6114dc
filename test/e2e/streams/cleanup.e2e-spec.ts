import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { RawClient, type RawClientOptions } from '../../support/clients/raw-client.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { untilConnections } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { untilOpen } from '../../support/servers/team.js'

const EPS = '/subscribe/eps'
const SCORES = '/subscribe/cleanup/scores'
/** More cleanups than two workers let wait for their turn. */
const FLOOD = 12
const FLOODER: RawClientOptions = { localAddress: '127.0.0.3', headers: { Connection: 'close' } }
const NOTHING = { status: 'OK', closed: 0 }
const ONE = { status: 'OK', closed: 1 }
const TOKEN = /^:ok\n\nretry:\d+\n\nevent:token\ndata:([\w-]{22})\n\n$/

let addresses = 0
/** An address that has asked for nothing yet, so that its cleanup does not wait for the turn of an earlier one. */
const newAddress = () => `127.0.1.${++addresses}`

/** Opens a stream and waits for its token. */
async function openNamed(stack: LiveStack, path: string): Promise<{ client: RawClient; token: string }> {
  const client = await stack.open(path)
  const token = await client.until('its token', ({ body }) => TOKEN.exec(body)?.[1])
  return { client, token }
}

describe.each([{}, { WORKERS: '2' }])('cleanup requests (%o)', (workers) => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start({ ENABLE_KIOSK_INTERACTION_STREAM: 'true', ...workers })
  })
  afterEach(async () => {
    stack.closeClients()
    await untilOpenNow(0)
    // One of the tests plays a router that the server does not trust.
    expect(complaints(stack.server).filter(({ context }) => context !== 'ClientAddressResolver')).toEqual([])
  })
  afterAll(() => stack.stop())

  const untilOpenNow = (total: number) => ('WORKERS' in workers ? untilOpen(stack.server, total) : untilConnections(stack.server, total))

  async function cleanUp(path: string, { headers, ...options }: RawClientOptions = {}): Promise<unknown> {
    const answer = await stack.answer(path, { method: 'POST', headers: { Connection: 'close', ...headers }, ...options })
    expect(answer.head?.status).toBe(200)
    expect(answer.head?.headers.get('content-type')).toMatch(/^application\/json/)
    return JSON.parse(answer.body)
  }

  it('of scores close the eps streams of their address, and no other stream', async () => {
    const here = { localAddress: newAddress() }
    const mine = await Promise.all(Array.from({ length: 6 }, () => stack.open(EPS, here)))
    const others = [
      await stack.open('/subscribe/raw', here),
      await stack.open('/subscribe?stream=eps', here),
      await stack.open('/subscribe?stream=eps&stream=raw', here),
      await stack.open('/subscribe/details/2665', here),
      await stack.open('/subscribe/kiosk_interaction', here),
      await stack.open(EPS, { localAddress: newAddress() }),
    ]
    expect(await cleanUp(SCORES, here)).toEqual({ status: 'OK', closed: 6 })
    for (const client of mine) expect(await client.ended).toEqual({ clean: true })
    await untilOpenNow(others.length)
    expect(await cleanUp(SCORES, here)).toEqual(NOTHING)
  })

  it('of an id close the streams of exactly that id', async () => {
    const here = { localAddress: newAddress() }
    const mine = await Promise.all(Array.from({ length: 4 }, () => stack.open('/subscribe/details/26', here)))
    const others = ['/subscribe/details', '/subscribe/details/2665', '/subscribe?stream=details/26', EPS]
    for (const path of others) await stack.open(path, here)
    expect(await cleanUp('/subscribe/cleanup/details/26', here)).toEqual({ status: 'OK', closed: 4 })
    for (const client of mine) expect(await client.ended).toEqual({ clean: true })
    await untilOpenNow(others.length)
  })

  it('with a token close exactly the one stream, from whatever address', async () => {
    const streams = await Promise.all(Array.from({ length: 6 }, () => openNamed(stack, `${EPS}?token=1`)))
    expect(new Set(streams.map(({ token }) => token)).size).toBe(6)
    const [first, second, ...rest] = streams
    if (first === undefined || second === undefined) throw new Error('no streams')
    const elsewhere = () => ({ localAddress: newAddress() })
    expect(await cleanUp(`${SCORES}?token=${first.token}`, elsewhere())).toEqual(ONE)
    expect(await first.client.ended).toEqual({ clean: true })
    expect(await cleanUp(`${SCORES}?token=${first.token}`, elsewhere())).toEqual(NOTHING)
    // Many clients share the address of a router that the server does not trust; a token names one stream all the same.
    const router = { headers: { 'X-Forwarded-For': '192.0.2.1' } }
    expect(await cleanUp(SCORES, router)).toEqual(NOTHING)
    expect(await cleanUp(`${SCORES}?token=${second.token}`, router)).toEqual(ONE)
    await untilOpenNow(rest.length)
  })

  it('of one address that would wait for more than 3 s are turned away, in a way that pages can read', async () => {
    const closed = [await stack.open(EPS, FLOODER), await stack.open(EPS, FLOODER)]
    const answers = await Promise.all(Array.from({ length: FLOOD }, () => stack.answer(SCORES, { method: 'POST', ...FLOODER })))
    const served = answers.filter(({ head }) => head?.status === 200)
    const refused = answers.filter(({ head }) => head?.status === 429)
    expect(served.length + refused.length).toBe(FLOOD)
    expect(served.reduce((sum, { body }) => sum + JSON.parse(body).closed, 0)).toBe(closed.length)
    expect(refused).not.toEqual([])
    for (const { head, body } of refused) {
      expect(JSON.parse(body)).toEqual({
        statusCode: 429,
        error: 'Too Many Requests',
        message: 'too many cleanups from your address: try again in a second',
      })
      expect(Object.fromEntries(head?.headers ?? [])).toMatchObject({
        'retry-after': '1',
        'access-control-allow-origin': '*',
        'cache-control': 'no-cache',
      })
    }
  })

  it('with a token that fits no stream of theirs close nothing', async () => {
    const { token } = await openNamed(stack, `${EPS}?token=1`)
    const detail = await openNamed(stack, '/subscribe/details/26?token=1')
    const raw = await openNamed(stack, '/subscribe/raw?token=1')
    const queries = ['', 'x', '1', token.slice(1), `${token}x`, detail.token, raw.token, `${token}&token=${token}`, '%zz']
    for (const query of queries) {
      const here = { localAddress: newAddress() }
      // A cleanup by the address would close this stream.
      await stack.open(EPS, here)
      expect(await cleanUp(`${SCORES}?token=${query}`, here)).toEqual(NOTHING)
    }
    expect(await cleanUp(`/subscribe/cleanup/details/26?token=${token}`)).toEqual(NOTHING)
    await untilOpenNow(3 + queries.length)
    expect(await cleanUp(`/subscribe/cleanup/details/26?token=${detail.token}`, { localAddress: newAddress() })).toEqual(ONE)
  })
})

describe('tokens and bodies', () => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start({ ENABLE_KIOSK_INTERACTION_STREAM: 'true' })
  })
  afterEach(() => stack.closeClients())
  afterAll(() => stack.stop())

  it.each([
    '/subscribe/eps?token=1',
    '/subscribe/raw?token=1',
    '/subscribe/details?token=1',
    '/subscribe/details/2665?x=y&token=1',
    '/subscribe/kiosk_interaction?token=1',
    '/subscribe?stream=eps&token=1&stream=raw',
  ])('%s begins with the token of the stream', async (path) => {
    await openNamed(stack, path)
  })

  it('a token comes in the same way over HTTP/1.0', async () => {
    const client = await stack.open(`${EPS}?token=1`, { httpVersion: '1.0' })
    await client.until('its token', ({ body }) => TOKEN.test(body))
  })

  it.each(['token=', 'token', 'token=0', 'token=true', 'token=2', 'token=1&token=2'])('a stream with ?%s is refused', async (query) => {
    const { head, body } = await stack.answer(`${EPS}?${query}`)
    expect([head?.status, JSON.parse(body).message]).toEqual([400, 'token must be 1, or left out'])
  })

  it.each<[string, Record<string, string>, string]>([
    ['nothing at all', {}, ''],
    ['an empty body', { 'Content-Length': '0' }, ''],
    ['an empty body called JSON', { 'Content-Length': '0', 'Content-Type': 'application/json' }, ''],
    ['an empty body called JSON, without a length', { 'Content-Type': 'application/json' }, ''],
    ['text, as a beacon sends it', { 'Content-Length': '5', 'Content-Type': 'text/plain;charset=UTF-8' }, 'hello'],
    ['a form', { 'Content-Length': '3', 'Content-Type': 'application/x-www-form-urlencoded' }, 'a=1'],
    ['a multipart form', { 'Content-Length': '4', 'Content-Type': 'multipart/form-data; boundary=x' }, '--x-'],
    ['JSON that is none', { 'Content-Length': '4', 'Content-Type': 'application/json' }, '{"a"'],
    ['a prototype', { 'Content-Length': '16', 'Content-Type': 'application/json' }, '{"__proto__":{}}'],
    ['bytes', { 'Content-Length': '3', 'Content-Type': 'application/octet-stream' }, '\0\x01\xff'],
    ['a type that is none', { 'Content-Length': '1', 'Content-Type': '/;;' }, 'x'],
    ['no type', { 'Content-Length': '1' }, 'x'],
    ['chunks', { 'Transfer-Encoding': 'chunked' }, '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'],
    ['1 KB', { 'Content-Length': '1024' }, 'x'.repeat(1024)],
  ])('cleanup takes %s', async (_what, headers, body) => {
    const answer = await post(headers, body)
    expect(answer.head?.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual(NOTHING)
  })

  it.each<[string, Record<string, string>, string]>([
    ['more than 1 KB', { 'Content-Length': '1025' }, 'x'.repeat(1025)],
    ['very much more', { 'Content-Length': '1000000' }, 'x'.repeat(100_000)],
    ['more than 1 KB of JSON', { 'Content-Length': '1025', 'Content-Type': 'application/json' }, ' '.repeat(1025)],
    ['more than 1 KB in chunks', { 'Transfer-Encoding': 'chunked' }, `401\r\n${'x'.repeat(1025)}\r\n0\r\n\r\n`],
  ])('cleanup refuses %s, and the connection', async (_what, headers, body) => {
    const answer = await post(headers, body)
    expect(answer.head?.status).toBe(413)
    expect(JSON.parse(answer.body)).toMatchObject({ statusCode: 413, error: 'Payload Too Large', message: expect.any(String) })
    await answer.closed
  })

  async function post(headers: Record<string, string>, body: string): Promise<RawClient> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const request = Buffer.from(`POST ${SCORES} HTTP/1.1\r\nHost: here\r\n${lines.join('')}\r\n${body}`, 'latin1')
    return await stack.answer(SCORES, { method: 'POST', request, localAddress: newAddress() })
  }
})
