import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../../support/pages/chromium.js'
import { BUILT_CLIENT, ClientPages, ClientTab } from '../../support/pages/client-pages.js'
import { aLiveServer, aServer, openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilConnections, untilReady } from '../../support/servers/probes.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { sharedStack } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const MOST_BYTES = 4096

const aStack = sharedStack()

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** A tab of a browser of its own, on a page that may reach `url` alone. */
async function aTab(url: string, ...namespaces: readonly string[]): Promise<ClientTab> {
  const pages = await ClientPages.start(url)
  const context = await browser.newContext()
  onTestFinished(async () => {
    await context.close()
    pages.stop()
  })
  return ClientTab.open(context, pages.origin, url, namespaces)
}

/** An HTTP server that ends with the test; its origin. */
async function anHttpServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(await freePort(), '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

it('is at most 4 KB, gzipped', async () => {
  expect(gzipSync(await readFile(BUILT_CLIENT), { level: 9 }).length).toBeLessThanOrEqual(MOST_BYTES)
})

it('works in a page of another origin whose policy allows it that one connection', async () => {
  const { server, feeder } = await aStack()
  const tab = await aTab(server.url, 'raw', 'details')
  await tab.until('open', ['details', 'raw'])
  await feeder.update('2665', '{"a":1}')
  await feeder.update('1F602', '{"b":2}')
  await eventually('all has come', async () => (await tab.seen()).frames['details']?.length === 2)
  const { frames } = await tab.seen()
  expect(frames['raw']).toEqual(['raw: 2665', 'raw: 1F602'])
  expect(frames['details']).toEqual(['stream.tweet_updates.2665: {"a":1}', 'stream.tweet_updates.1F602: {"b":2}'])
  expect(tab.faults).toEqual([])

  await tab.unsubscribe('raw')
  await tab.unsubscribe('details')
  await untilConnections(server, 0)
  await tab.closeClient()
  await tab.until('closed')
})

it('gets events of any name, such as those of kiosk_interaction', async () => {
  const { server, feeder } = await aLiveServer({ ENABLE_KIOSK_INTERACTION_STREAM: 'true' })
  const tab = await aTab(server.url, 'kiosk_interaction')
  await tab.until('open', ['kiosk_interaction'])
  await feeder.publish('stream.interaction.request', '{"char":"1F602"}')
  await eventually('it has come', async () => (await tab.seen()).frames['kiosk_interaction']?.length === 1)
  expect((await tab.seen()).frames['kiosk_interaction']).toEqual(['stream.interaction.request: {"char":"1F602"}'])
})

it('reconnects by itself when the server is back, and has what was published meanwhile', async () => {
  const { redis, feeder } = await aLiveServer()
  const env = { REDIS_URL: redis.url, PORT: String(await freePort()), DRAIN_S: '0' }
  const server = await ServerProcess.start(env)
  onTestFinished(async () => void (await server.stop()))
  await untilReady(server, true)
  const tab = await aTab(server.url, 'eps')
  await tab.until('open', ['eps'])
  await feeder.update('BEFORE')
  await eventually('it has come', async () => (await tab.counts()).has('BEFORE'))

  server.signal('SIGKILL')
  await tab.until('waiting')
  await server.exited
  await feeder.update('MISSED')
  const second = await aServer(env)
  await untilReady(second, true)
  await tab.until('open', ['eps'], 20_000)

  await feeder.update('AFTER')
  await eventually('it has come', async () => (await tab.counts()).has('AFTER'))
  expect(Object.fromEntries(await tab.counts())).toEqual({ BEFORE: 1, MISSED: 1, AFTER: 1 })
  expect((await tab.seen()).gaps).toEqual([])
})

it('survives answers that are no stream, and waits for as long as they say', async () => {
  let requests = 0
  const url = await anHttpServer((_, response) => {
    requests++
    // A browser asks once more by itself where a connection that it has used before breaks.
    const headers = { 'access-control-allow-origin': '*', connection: 'close' }
    if (requests === 1) response.writeHead(503, { ...headers, 'access-control-expose-headers': 'retry-after', 'retry-after': '1' }).end()
    else if (requests === 2) response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end('<p>Sorry')
    else if (requests === 3) response.destroy()
    else response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' }).write(':ok\n\nevent:eps\ndata:{"a":1}\n\n')
  })
  const tab = await aTab(url, 'eps')
  await tab.until('open', ['eps'], 20_000)
  await eventually('a frame has come', async () => (await tab.counts()).has('a'))
  const { states, gaps } = await tab.seen()
  expect(states.filter(({ name }) => name === 'waiting')).toEqual([
    { name: 'waiting', delayMs: 1000, status: 503 },
    { name: 'waiting', delayMs: expect.any(Number), status: 200 },
    { name: 'waiting', delayMs: expect.any(Number) },
  ])
  expect(requests).toBe(4)
  expect(gaps).toEqual([])
})

it('gives up a connection that has become silent', async () => {
  let requests = 0
  const url = await anHttpServer((_, response) => {
    requests++
    response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/event-stream' }).write(':ok\n\n')
  })
  const tab = await aTab(url)
  await tab.page.evaluate(`window.tab.connect(${JSON.stringify({ url, silenceMs: 400 })})`)
  await tab.subscribe('eps')
  await eventually('it has connected again', async () => requests > 1 && (await tab.seen()).gaps.length > 0)
})

it('is refused by a full server for a while only, never open meanwhile, and is accepted once there is room', async () => {
  const server = await aServer({ MAX_CONNECTIONS: '1', REFUSE_RETRY_MS: '100-300' })
  const holder = await openClient(server, { path: '/subscribe/eps' })
  const tab = await aTab(server.url, 'eps')
  await eventually('it has come back in vain', async () => (await tab.seen()).states.filter(({ name }) => name === 'waiting').length > 2)
  const { states } = await tab.seen()
  expect(new Set(states.map(({ name }) => name))).toEqual(new Set(['waiting', 'connecting']))

  holder.close()
  await tab.until('open', ['eps'])
  await eventually('it gets data', async () => (await tab.counts()).size > 0)
})

it('lets a page be kept for the back button, without a connection, and connects again when it is back', async () => {
  const { server, feeder } = await aStack()
  const keeping = await launchChromium('--disable-back-forward-cache')
  const pages = await ClientPages.start(server.url)
  onTestFinished(async () => {
    await keeping.close()
    pages.stop()
  })
  const tab = await ClientTab.open(await keeping.newContext(), pages.origin, server.url, ['eps'])
  await tab.until('open', ['eps'])
  await feeder.update('BEFORE')
  await eventually('it has come', async () => (await tab.counts()).has('BEFORE'))

  await tab.page.goto(`${pages.origin}/elsewhere`)
  await untilConnections(server, 0)
  await feeder.update('MISSED')
  // A page that was kept doesn't load again.
  await tab.page.goBack({ waitUntil: 'commit' })

  await eventually('it has what it has missed', async () => (await tab.counts()).has('MISSED'))
  await feeder.update('AFTER')
  await eventually('it has come', async () => (await tab.counts()).has('AFTER'))
  // Only a page that was kept still has the earlier counts.
  expect(Object.fromEntries(await tab.counts())).toEqual({ BEFORE: 1, MISSED: 1, AFTER: 1 })
  expect((await tab.seen()).gaps).toEqual([])
})

it.each([
  ['are no locks, as on plain http', 'delete Navigator.prototype.locks'],
  [
    'are locks that it may not have',
    'LockManager.prototype.request = () => Promise.reject(new DOMException("no origin", "SecurityError"))',
  ],
])('has a connection for each tab where there %s', async (_, script) => {
  const { server } = await aStack()
  const pages = await ClientPages.start(server.url)
  const context = await browser.newContext()
  onTestFinished(async () => {
    await context.close()
    pages.stop()
  })
  await context.addInitScript(script)
  for (let tabs = 1; tabs <= 2; tabs++) {
    const tab = await ClientTab.open(context, pages.origin, server.url, ['eps'])
    await tab.until('open', ['eps'])
    await untilConnections(server, tabs)
  }
})
