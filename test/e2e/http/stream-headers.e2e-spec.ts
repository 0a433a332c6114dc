import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { LiveStack } from '../../support/servers/live-stack.js'

const STREAMS = ['/subscribe/eps', '/subscribe/raw', '/subscribe/details', '/subscribe/details/2665', '/subscribe?stream=eps&stream=raw']

/** The headers by lower-case name, without the date. */
function headersOf({ head }: RawClient): Record<string, string> {
  const { date: _, ...headers } = Object.fromEntries(head?.headers ?? [])
  return headers
}

const corsOf = (answer: RawClient) => Object.keys(headersOf(answer)).filter((name) => name.startsWith('access-control-'))

describe('headers', () => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start()
  })
  afterEach(() => stack.closeClients())
  afterAll(() => stack.stop())

  it.each(STREAMS)('of %s are exactly those of the contract', async (path) => {
    const client = await stack.open(path)

    expect(client.head?.status).toBe(200)
    expect(client.head?.headers.get('date')).toMatch(/ GMT$/)
    expect(headersOf(client)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'access-control-allow-origin': '*',
      'x-accel-buffering': 'no',
      'transfer-encoding': 'chunked',
    })
  })

  it('of a stream are the same for a page of any origin', async () => {
    const plain = await stack.open('/subscribe/eps')
    const cross = await stack.open('/subscribe/eps', { headers: { Origin: 'https://any.example' } })

    expect(headersOf(cross)).toEqual(headersOf(plain))
  })

  it.each([
    ['GET', '/subscribe'],
    ['GET', '/subscribe?stream=nope'],
    ['GET', '/subscribe/'],
    ['GET', '/subscribe/nope'],
    ['GET', '/subscribe/eps/'],
    ['GET', '/subscribe/details/%00'],
    ['GET', '/subscribe/details/%E0%A4%A'],
    ['GET', `/subscribe/details/${'x'.repeat(129)}`],
    ['GET', 'http://streamer.example/subscribe/nope'],
    ['GET', 'HTTPS://streamer.example/subscribe'],
    ['GET', 'http://streamer.example/subscribe/details/%zz'],
    ['GET', '/%73ubscribe/nope'],
    ['HEAD', '/subscribe/nope'],
    ['POST', '/subscribe/eps'],
    ['POST', '/subscribe/cleanup/scores'],
    ['OPTIONS', '/subscribe/eps'],
    ['OPTIONS', '/subscribe/nope'],
  ])('of %s %s, no stream, let any page read it and no cache keep it', async (method, path) => {
    const headers = headersOf(await stack.answer(path, { method, headers: { Origin: 'https://any.example' } }))

    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-cache' })
  })

  it.each([
    ['with an encoded letter', '/%73ubscribe/eps'],
    ['in absolute form', 'http://streamer.example/subscribe/eps'],
  ])('do not depend on how the path is written: %s', async (_, path) => {
    const client = await stack.open(path)

    expect(headersOf(client)).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-cache' })
  })

  it.each([
    ['GET', '/admin/status.json'],
    ['HEAD', '/admin/status.json'],
    ['OPTIONS', '/admin/status.json'],
    ['GET', '/health'],
    ['GET', '/health/live'],
    ['GET', '/health/nope'],
    ['GET', '/nope'],
    ['GET', 'http://subscribe/nope'],
    ['GET', '/subscribers'],
  ])('of %s %s let no other page read it and no cache store it', async (method, path) => {
    const answer = await stack.answer(path, {
      method,
      headers: { Origin: 'https://any.example', 'Access-Control-Request-Method': 'GET' },
    })

    expect(answer.head?.headers.get('cache-control')).toBe('no-store')
    expect(corsOf(answer)).toEqual([])
  })

  it('of a preflight allow what an event source may send', async () => {
    for (const path of STREAMS) {
      const { head } = await stack.answer(path, {
        method: 'OPTIONS',
        headers: {
          Origin: 'https://any.example',
          'Access-Control-Request-Method': 'GET',
          'Access-Control-Request-Headers': 'last-event-id,cache-control',
        },
      })

      expect(head?.status).toBe(204)
      expect(head?.headers.get('access-control-allow-origin')).toBe('*')
      expect(head?.headers.get('access-control-allow-methods')?.split(', ')).toEqual(expect.arrayContaining(['GET', 'HEAD', 'POST']))
      expect(head?.headers.get('access-control-allow-headers')).toBe('last-event-id,cache-control')
    }
  })
})

describe('headers with SSE_FORCE_REFRESH and a list of origins', () => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start({ SSE_FORCE_REFRESH: 'true', CORS_ORIGINS: 'https://a.example,https://b.example' })
  })
  afterAll(() => stack.stop())

  it.each(['GET', 'HEAD'])('ask the page of every stream to refresh (%s)', async (method) => {
    for (const path of STREAMS) {
      const { head } = await stack.request(path, { method })
      expect(head?.headers.get('x-sse-cleanup-requested')).toBe('true')
    }
    expect((await stack.answer('/subscribe/nope')).head?.headers.has('x-sse-cleanup-requested')).toBe(false)
  })

  it.each(['/subscribe/eps', '/subscribe/nope', '/subscribe'])(
    'of %s name the origin of a page on the list, and that they vary',
    async (path) => {
      for (const origin of ['https://a.example', 'https://b.example']) {
        const headers = headersOf(await stack.request(path, { headers: { Origin: origin } }))
        expect(headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin', 'cache-control': 'no-cache' })
      }
    },
  )

  it.each([{ Origin: 'https://a.example.evil' }, { Origin: 'http://a.example' }, { Origin: 'null' }, {}])(
    'allow nothing for %o',
    async (headers) => {
      for (const path of ['/subscribe/eps', '/subscribe/nope']) {
        const answer = await stack.request(path, { headers })
        expect(corsOf(answer)).toEqual([])
        expect(answer.head?.headers.get('vary')).toBe('Origin')
      }
    },
  )

  it('of what is not a stream name no origin, and vary by nothing but what their controllers say', async () => {
    for (const [path, vary] of [
      ['/health/live', null],
      ['/admin/status.json', null],
      ['/nope', null],
      ['/snapshot.json', 'accept-encoding'],
    ] as const) {
      const { headers } = await fetch(stack.server.url + path, { headers: { origin: 'https://a.example', connection: 'close' } })
      expect([path, headers.get('vary'), headers.get('access-control-allow-origin')]).toEqual([path, vary, null])
    }
  })
})
