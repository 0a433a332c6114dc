import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { launchChromium } from '../../support/pages/chromium.js'
import { ClientPages, ClientTab } from '../../support/pages/client-pages.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { emojiIds } from '../../support/redis/emoji-weights.js'
import { added } from '../../support/redis/exact-sums.js'
import { Feeder } from '../../support/redis/feeder.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { RedisServer } from '../../support/redis/redis-server.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilConnections, untilReady } from '../../support/servers/probes.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

/** The id that the feeder draws most often. */
const [BUSY = ''] = emojiIds
const [, GUIDE = ''] = readFileSync(new URL('../../../docs/browser-client.md', import.meta.url), 'utf8').split('## Without it')
/** Runs in the page: the event source of the guide, as it stands there, and one that adds increments to a snapshot. */
const listen = (url: string) => `(() => {
  const list = () => undefined
  ${/```js\n(.*?)```/s.exec(GUIDE)?.[1]?.replaceAll('https://stream.example.com', url) ?? ''}
  const sums = new Map()
  const each = (data, take) => Object.entries(JSON.parse(data)).forEach(take)
  const other = new EventSource('${url}/subscribe/eps?snapshot=1&resume=1')
  other.addEventListener('snapshot', ({ data }) => {
    sums.clear()
    each(data, ([id, total]) => sums.set(id, total))
  })
  other.onmessage = ({ data }) => each(data, ([id, count]) => sums.set(id, (sums.get(id) ?? 0) + count))
  window.kept = { totals, sums, resets: 0 }
  for (const each of [source, other]) each.addEventListener('reset', () => kept.resets++)
})()`

let redis: RedisServer
let feeder: Feeder
let nodes: [ServerProcess, ServerProcess]
let proxy: TcpProxy
let pages: ClientPages
let browser: Browser
let context: BrowserContext

const aNode = (port?: number) =>
  ServerProcess.start({ REDIS_URL: redis.url, DRAIN_S: '0', RETRY_MS: '100', ...(port === undefined ? {} : { PORT: String(port) }) })

beforeAll(async () => {
  redis = await RedisServer.start()
  feeder = await Feeder.connect(redis.url)
  nodes = [await aNode(), await aNode(await freePort())]
  for (const node of nodes) await untilReady(node, true)
  for (const node of nodes) await untilShared(node)
  proxy = await TcpProxy.start(nodes[0].port)
  pages = await ClientPages.start(`http://127.0.0.1:${proxy.port}`)
  browser = await launchChromium()
})
beforeEach(async () => {
  context = await browser.newContext()
})
afterEach(() => context.close())
afterAll(async () => {
  await browser.close()
  pages.stop()
  await proxy.stop()
  feeder.close()
  for (const node of nodes) await node.stop()
  await redis.stop()
})

/** Waits until the positions of a node are those of Redis, which takes some updates. */
async function untilShared(node: ServerProcess): Promise<void> {
  await eventually('positions are shared', async () => {
    await feeder.run({ perSecond: 1_000, seconds: 0.2 })
    const { positions } = (await (await fetch(`${node.url}/admin/status.json`)).json()) as { positions: { mode: string } }
    if (positions.mode === 'shared') return true
    throw new Error(JSON.stringify(positions))
  })
}

const base = () => `http://127.0.0.1:${proxy.port}`

/** Moves all clients to a node, and waits until they are there. */
async function moveTo(node: ServerProcess, streams: number): Promise<void> {
  proxy.retarget(node.port)
  proxy.resetAll()
  await untilConnections(node, streams)
}

/** Two tabs that share a connection, one with everything. */
async function tabs(): Promise<[ClientTab, ClientTab]> {
  const both: [ClientTab, ClientTab] = [
    await ClientTab.open(context, pages.origin, base(), ['eps', `details/${BUSY}`]),
    await ClientTab.open(context, pages.origin, base()),
  ]
  await both[0].follow()
  await both[0].count(BUSY)
  await both[1].follow()
  for (const [index, namespaces] of [[`details/${BUSY}`, 'eps', `eps/${BUSY}`], ['eps']].entries())
    await both[index]?.until('open', namespaces)
  for (const tab of both) await eventually('it has a snapshot', async () => (await tab.totals()).size > 0)
  return both
}

const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1))

/** Waits until `read` gives the scores in Redis. */
const untilScores = (what: string, read: () => Promise<ReadonlyMap<string, number>>) =>
  eventually(`${what} are the scores in Redis`, async () => {
    expect(sorted(await read())).toEqual(sorted(await scoresOf(redis.url)))
    return true
  })

it('gives the tabs of a client every update and every post once, however often they move between nodes', async () => {
  const [first, second] = await tabs()
  await untilConnections(nodes[0], 1)
  const published: ReadonlyMap<string, number>[] = []
  for (let turn = 1; turn <= 6; turn++) {
    const feeding = feeder.run({ perSecond: 600, seconds: 0.7 })
    await moveTo(nodes[turn % 2 === 0 ? 0 : 1], 1)
    published.push(await feeding)
  }

  for (const tab of [first, second]) await untilScores('its totals', () => tab.totals())
  const increments = added(...published)
  expect(sorted(await first.counts())).toEqual(sorted(increments))
  const posts = async () => (await first.seen()).frames[`details/${BUSY}`] ?? []
  await eventually('all posts have come', async () => (await posts()).length >= (increments.get(BUSY) ?? Number.NaN))
  expect([(await posts()).length, new Set(await posts()).size]).toEqual([increments.get(BUSY), increments.get(BUSY)])
  const { gaps, counted } = await first.seen()
  expect([gaps, (await second.seen()).gaps]).toEqual([[], []])
  expect(counted[BUSY]?.at(-1)).toBe((await scoresOf(redis.url)).get(BUSY))
})

it('gives an EventSource alone the totals, over moves between nodes and a restart', async () => {
  const tab = await ClientTab.open(context, pages.origin, base())
  await tab.page.evaluate(listen(base()))
  const kept = async (name: string) => new Map(await tab.page.evaluate<[string, number][]>(`[...kept.${name}]`))
  const untilBoth = async () => {
    for (const name of ['totals', 'sums']) await untilScores(name, () => kept(name))
  }
  for (const node of [nodes[1], nodes[0], nodes[1]]) {
    const feeding = feeder.run({ perSecond: 600, seconds: 0.7 })
    await moveTo(node, 2)
    await feeding
  }
  await untilBoth()
  expect(await tab.page.evaluate('kept.resets')).toBe(0)

  await restart(1)
  await untilConnections(nodes[1], 2)
  await untilBoth()
  await feeder.run({ perSecond: 600, seconds: 0.5 })
  await untilBoth()
})

it('gives the tabs of a client the totals and all increments over a restart, and announces what posts may be missing', async () => {
  proxy.retarget(nodes[1].port)
  const [first, second] = await tabs()
  const before = await feeder.run({ perSecond: 600, seconds: 0.5 })
  const missed = await restart(1)
  for (const tab of [first, second]) await untilScores('its totals', () => tab.totals())
  const after = await feeder.run({ perSecond: 600, seconds: 0.5 })

  for (const tab of [first, second]) await untilScores('its totals', () => tab.totals())
  expect(sorted(await first.counts())).toEqual(sorted(added(before, missed, after)))
  expect((await first.seen()).gaps.flat()).not.toContain('eps')
  expect((await second.seen()).gaps).toEqual([])
})

/** Kills a node, publishes, and starts it again. */
async function restart(index: 0 | 1): Promise<Map<string, number>> {
  const { port } = nodes[index]
  nodes[index].signal('SIGKILL')
  await nodes[index].exited
  const missed = await feeder.run({ perSecond: 600, seconds: 0.3 })
  nodes[index] = await aNode(port)
  return missed
}
