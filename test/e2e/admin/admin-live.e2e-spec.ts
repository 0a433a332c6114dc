import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { LiveReport } from '../../../src/modules/admin-reporter/live-figures.js'
import type { RawClient } from '../../support/clients/raw-client.js'
import { aServer } from '../../support/servers/fixtures.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import type { ServerEnv } from '../../support/servers/server-process.js'
import { sharedStack } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const PATH = '/admin/live'
const MOST_WATCHERS = 20
const ASSETS = readdirSync(fileURLToPath(new URL('../../../dist/web/admin/assets/', import.meta.url)))

/** The documents that have come over a stream, the oldest first. */
const reports = ({ body }: Pick<RawClient, 'body'>): LiveReport[] =>
  [...body.matchAll(/^data:(.+)$/gm)].map(([, json = '']): LiveReport => JSON.parse(json))

const untilReport = (client: RawClient, what: string, check: (report: LiveReport) => boolean) =>
  client.until(what, (seen) => reports(seen).find(check))

async function ownStack(env: ServerEnv): Promise<LiveStack> {
  const stack = await LiveStack.start(env)
  onTestFinished(async () => void (await stack.stop()))
  return stack
}

describe('/admin/live', () => {
  const aStack = sharedStack()

  it('shows once a second what the node does', async () => {
    const stack = await ownStack({ NODE_NAME: 'here' })
    await stack.open('/subscribe/eps')
    await stack.open('/subscribe?stream=eps&stream=details/2665')
    const client = await stack.open(PATH)

    await stack.feeder.run({ perSecond: 500, seconds: 3 })
    await client.until('three reports', (seen) => reports(seen).length >= 3)

    expect(client.body).toMatch(/^:ok\n\n(data:\{[^\n]+\}\n\n)+$/)
    const [first, second] = reports(client)
    expect((second?.reported_at_ms ?? 0) - (first?.reported_at_ms ?? 0)).toBeGreaterThan(900)
    expect(second).toMatchObject({
      node: 'nest-development-here',
      state: 'serving',
      connections_total: 2,
      streams: { eps: 2, raw: 0, details: 1, kiosk_interaction: 0 },
      slow_connections: 0,
      ingest: { source: 'redis', state: 'ready', last_error: null },
    })
    expect(second?.updates_per_s).toBeGreaterThan(50)
    expect(second?.flushes_per_s).toBeGreaterThan(5)
    expect(second?.frames_per_s).toBeGreaterThan(10)
    expect(second?.bytes_per_s).toBeGreaterThan(100)
  })

  it('is for no cache and no page of another origin, and is no stream of the hub', async () => {
    const stack = await aStack()
    const client = await stack.open(PATH, { headers: { Origin: 'https://example.com' } })

    expect(client.head?.status).toBe(200)
    expect(client.head?.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(client.head?.headers.get('cache-control')).toBe('no-store')
    expect([...(client.head?.headers.keys() ?? [])].filter((name) => name.startsWith('access-control-'))).toEqual([])
    await untilReport(client, 'it counts no stream', ({ connections_total }) => connections_total === 0)
  })

  it('answers HEAD with the headers alone', async () => {
    const stack = await aStack()
    const client = await stack.answer(PATH, { method: 'HEAD', headers: { Connection: 'close' } })
    expect([client.head?.status, client.head?.headers.get('content-type'), client.body]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      '',
    ])
  })

  it(`has room for ${MOST_WATCHERS}, each of whom leaves it to another`, async () => {
    const stack = await ownStack({})
    const clients = await Promise.all(Array.from({ length: MOST_WATCHERS }, () => stack.open(PATH)))

    const refused = await stack.answer(PATH, { headers: { Connection: 'close' } })
    expect(refused.head?.status).toBe(503)

    clients[0]?.close()
    await eventually('there is room again', async () => (await fetch(stack.server.url + PATH, { method: 'HEAD' })).status === 200)
    expect((await stack.open(PATH)).head?.status).toBe(200)
  })

  it('can be watched while the node drains, to the end of it', async () => {
    const stack = await ownStack({ DRAIN_S: '2' })
    await stack.open('/subscribe/eps')
    const client = await stack.open(PATH)
    await untilReport(client, 'serving', ({ state }) => state === 'serving')

    stack.server.signal('SIGTERM')

    await untilReport(client, 'draining', ({ state }) => state === 'draining')
    await client.ended
    expect(await stack.server.exited).toEqual({ code: 0, signal: null })
  })

  it('is guarded as the rest of the admin pages', async () => {
    const stack = await ownStack({ NODE_ENV: 'production' })
    for (const path of [PATH, '/admin', '/admin/', `/admin/assets/${ASSETS[0]}`]) {
      expect([path, (await stack.answer(path, { headers: { Connection: 'close' } })).head?.status]).toEqual([path, 403])
    }
  })
})

describe('the files of the admin page', () => {
  let url: string

  beforeAll(() => {
    expect(ASSETS.length).toBeGreaterThanOrEqual(3)
  })

  const get = (path: string, method = 'GET') =>
    fetch(url + path, { method, redirect: 'manual', headers: { origin: 'https://example.com' } })

  it('are served with their headers, and nothing else is', async () => {
    url = (await aServer({})).url
    const page = await get('/admin/')
    expect([page.status, page.headers.get('content-type'), page.headers.get('cache-control')]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ])
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/)
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
    const html = await page.text()

    for (const name of ASSETS) {
      expect(name).toMatch(/-[\w-]{8}\.(js|css|svg)$/)
      expect(html).toContain(`./assets/${name}`)
      const asset = await get(`/admin/assets/${name}`)
      expect(asset.status).toBe(200)
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect((await asset.arrayBuffer()).byteLength).toBe(Number(asset.headers.get('content-length')))
      expect(await (await get(`/admin/assets/${name}`, 'HEAD')).text()).toBe('')
    }

    const redirect = await get('/admin')
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, '/admin/'])

    const unknown = ['index.html', 'assets', 'assets/', 'assets/nope-12345678.js', 'assets/..%2findex.html', 'assets/..%2f..%2fmain.js']
    for (const path of [...unknown, 'assets/%2e%2e%2findex.html', 'assets/x%00.js', 'licenses.md', 'live/', 'x']) {
      const answer = await get(`/admin/${path}`)
      expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 404, 'no-store'])
      expect(await answer.json()).toMatchObject({ statusCode: 404 })
    }
  })
})
