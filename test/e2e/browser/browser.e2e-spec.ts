import { createServer, type Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { launchChromium } from '../../support/pages/chromium.js'
import { aServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { untilConnections } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

/** The events of its event source that the page has seen. */
interface Seen {
  readonly opens: number
  readonly errors: number
  /** The data of the messages by event name; `message` holds the messages without a name. */
  readonly messages: Readonly<Record<string, readonly string[]>>
}

/** Runs in the page: opens an event source and records its events in `window.seen`. */
const LISTEN = `({ url, names }) => {
  const seen = { opens: 0, errors: 0, messages: Object.fromEntries(names.map((name) => [name, []])) }
  window.seen = seen
  window.source = new EventSource(url)
  window.source.onopen = () => seen.opens++
  window.source.onerror = () => seen.errors++
  for (const name of names) window.source.addEventListener(name, ({ data }) => seen.messages[name].push(data))
}`

let stack: LiveStack
let browser: Browser
let pages: Server
let page: Page

beforeAll(async () => {
  stack = await LiveStack.start()
  // A page of another origin: the same host, another port.
  pages = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>board</title>'))
  const port = await freePort()
  pages.listen(port, '127.0.0.1')
  browser = await launchChromium()
  page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
})
afterEach(async () => {
  await page.evaluate('window.source?.close()')
  await untilConnections(stack.server, 0)
})
afterAll(async () => {
  await browser.close()
  pages.close()
  await stack.stop()
})

/** Opens an event source in the page and waits until it is open. */
async function listen(path: string, names: readonly string[]): Promise<void> {
  await page.evaluate(`(${LISTEN})(${JSON.stringify({ url: stack.server.url + path, names })})`)
  await eventually('the event source is open', async () => (await seen()).opens === 1)
}

const seen = async (): Promise<Seen> => (await page.evaluate('window.seen')) as Seen

/** The sum of each id over the data of eps frames. */
function sums(frames: readonly string[] = []): Map<string, number> {
  const counts = new Map<string, number>()
  for (const frame of frames) {
    for (const [id, increment] of Object.entries<number>(JSON.parse(frame))) counts.set(id, (counts.get(id) ?? 0) + increment)
  }
  return counts
}

const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0)

it('gives a page of another origin exactly the updates that were published', async () => {
  await listen('/subscribe/eps', ['message', 'eps'])

  const published = await stack.feeder.run({ perSecond: 1_000, seconds: 2 })
  await eventually('the browser has them all', async () => total(sums((await seen()).messages['message'])) >= 2_000)

  const { messages, opens, errors } = await seen()
  expect(sums(messages['message'])).toEqual(published)
  expect(messages['eps']).toEqual([])
  expect({ opens, errors }).toEqual({ opens: 1, errors: 0 })
})

it('dispatches the frames of a multiplexed stream by their event names', async () => {
  const detail = 'stream.tweet_updates.2665'
  await listen('/subscribe?stream=eps&stream=details/2665', ['message', 'eps', detail])

  await stack.feeder.update('2665', '{"text":"♥\\nline"}')
  await stack.feeder.update('1F602')
  await stack.feeder.publish(detail, 'two\r\nlines')
  await eventually('the browser has them', async () => {
    const { messages } = await seen()
    return sums(messages['eps']).has('1F602') && messages[detail]?.length === 2
  })

  const { messages, errors } = await seen()
  expect(messages[detail]).toEqual(['{"text":"♥\\nline"}', 'two\nlines'])
  expect(Object.fromEntries(sums(messages['eps']))).toEqual({ 2665: 1, '1F602': 1 })
  expect(messages['message']).toEqual([])
  expect(errors).toBe(0)
})

it('learns at once that there is no such stream, and gives up', async () => {
  await page.evaluate(`(${LISTEN})(${JSON.stringify({ url: `${stack.server.url}/subscribe/nope`, names: [] })})`)

  await eventually('the event source has failed', async () => (await seen()).errors > 0)

  expect(await page.evaluate('window.source.readyState')).toBe(2)
})

it('is refused by a full server for a while only, and is accepted by itself once there is room', async () => {
  const server = await aServer({ MAX_CONNECTIONS: '1', REFUSE_RETRY_MS: '100-300' })
  const holder = await openClient(server, { path: '/subscribe/eps' })
  await page.evaluate(`(${LISTEN})(${JSON.stringify({ url: `${server.url}/subscribe/eps`, names: ['message'] })})`)
  await eventually('it has come back in vain', async () => (await seen()).opens > 3)
  expect((await seen()).messages['message']).toEqual([])

  holder.close()
  await eventually('it gets data', async () => ((await seen()).messages['message']?.length ?? 0) > 3)
  expect(await page.evaluate('window.source.readyState')).toBe(1)
  await page.evaluate('window.source.close()')
})

it('is reset by a node that drains, knocks again, and is back by itself once the node is', async () => {
  const port = String(await freePort())
  const server = await aServer({ PORT: port, DRAIN_S: '60' })
  await page.evaluate(`(${LISTEN})(${JSON.stringify({ url: `${server.url}/subscribe/eps`, names: ['message'] })})`)
  await eventually('it is open', async () => (await seen()).opens === 1)
  // Younger streams, which keep the node up.
  const holders = await openClients(server, 30, { path: '/subscribe/eps' })
  server.signal('SIGTERM')
  const resets = async () => (await scrapeOf(server)).by('emojitrack_connections_refused_total', 'reason')['draining'] ?? 0
  await eventually('it has knocked twice', async () => (await resets()) > 1)
  for (const holder of holders) holder.close()
  await server.exited
  expect([await page.evaluate('window.source.readyState'), (await seen()).opens]).toEqual([0, 1])

  await aServer({ PORT: port })
  await eventually('it is back', async () => (await seen()).opens === 2)
  await page.evaluate('window.source.close()')
})

it('closes what it has left open by a beacon of any kind, by its address or by the token of one stream', async () => {
  const beacon = (query: string, body: string) =>
    page.evaluate(`navigator.sendBeacon(${JSON.stringify(`${stack.server.url}/subscribe/cleanup/scores${query}`)}, ${body})`)
  await listen('/subscribe/eps?token=1', ['token'])
  const other = await stack.open('/subscribe/eps')
  await eventually('the browser has its token', async () => (await seen()).messages['token']?.length === 1)
  const [token] = (await seen()).messages['token'] ?? []

  await beacon(`?token=${token}`, '"bye"')
  await eventually('its stream was closed, and comes back', async () => (await seen()).errors > 0 && (await seen()).opens === 2)
  await page.evaluate('window.source.close()')
  await untilConnections(stack.server, 1)

  await beacon('', 'new URLSearchParams({ a: 1 })')
  expect(await other.ended).toEqual({ clean: true })
})
