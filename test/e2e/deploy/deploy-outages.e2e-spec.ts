import { Agent, fetch } from 'undici'
import { expect, it, onTestFinished } from 'vitest'
import { EventSourceClient } from '../../support/clients/event-source-client.js'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { type ProxyName, ShippedProxy } from '../../support/proxies/shipped-proxy.js'
import { aFeeder, aRedis, aServer, openClients } from '../../support/servers/fixtures.js'
import { untilConnections, untilHealthy, untilReady } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const PROXIES: readonly ProxyName[] = ['nginx', 'caddy', 'haproxy']
/** Event sources behind each proxy. */
const EACH = 10
/** Younger streams of the node that drains, which keep it up until the event sources have moved. */
const HOLDERS = 90

it('a node that drains behind each of our proxies loses its clients to the other one, and answers none itself', async () => {
  const redis = await aRedis()
  const env = { REDIS_URL: redis.url, DRAIN_S: '20', SHUTDOWN_TIMEOUT_MS: '60000' }
  const [old, other] = [await aServer(env), await aServer(env)]
  await Promise.all([untilReady(old, true), untilReady(other, true)])
  // Each proxy spreads its clients over both.
  const moving = (await Promise.all(PROXIES.map((name) => sourcesBehind(name, [old.port, other.port], EACH)))).flat()
  await Promise.all(moving.map(({ opened }) => opened))
  const before = (await scrapeOf(old)).value('emojitrack_subscribers')
  expect(before).toBeGreaterThan(PROXIES.length)
  const holders = await openClients(old, HOLDERS, { path: EPS })
  await untilConnections(old, before + HOLDERS)

  old.signal('SIGTERM')
  await eventually(
    'the event sources are at the other node',
    async () => (await scrapeOf(other)).value('emojitrack_subscribers') === moving.length,
    20_000,
  )
  // The drain is not over: whatever came back knocked at a node that was still there.
  const scrape = await scrapeOf(old)
  expect(scrape.value('emojitrack_subscribers')).toBeGreaterThan(0)
  expect(scrape.by('emojitrack_connections_refused_total', 'reason')['draining']).toBeGreaterThan(0)
  for (const { opens, isOpen, errors } of moving) expect([isOpen, opens === 1 + errors.length, opens <= 2]).toEqual([true, true, true])
  expect(moving.filter(({ opens }) => opens === 2)).toHaveLength(before)
  for (const client of holders) client.close()
  expect(await old.exited).toEqual({ code: 0, signal: null })
})

it('an outage of Redis ends no EventSource behind HAProxy, which asks for the readiness of the nodes', async () => {
  const redis = await aRedis()
  const server = await aServer({ REDIS_URL: redis.url, MAX_CONNECTION_AGE_S: '1', RETRY_MS: '100' })
  await untilReady(server, true)
  // Without our answer for streams, as with any other balancer: an error status reaches the clients.
  const sources = await sourcesBehind('haproxy', [server.port], EACH, {
    'check inter 2s fall 2 rise 1': 'check inter 100ms fall 2 rise 1',
    '    http-after-response set-status 200 if { status 502 503 504 }\n': '',
  })
  await Promise.all(sources.map(({ opened }) => opened))
  await redis.kill()
  await untilHealthy(server, false)
  const before = sources.map(({ opens }) => opens)
  await eventually(
    'all have come back twice',
    () => sources.every(({ opens, dead }, index) => dead || opens > (before[index] ?? 0) + 1),
    20_000,
  )
  expect(sources.filter(({ dead }) => dead)).toHaveLength(0)
  await redis.restart()
  await untilHealthy(server, true)
  const feeder = await aFeeder(redis.url)
  await eventually('all get updates again', async () => {
    await feeder.update('BACK')
    return sources.every(({ counts }) => counts.has('BACK'))
  })
})

/** Event sources on eps behind a proxy of ours. */
async function sourcesBehind(name: ProxyName, ports: readonly number[], count: number, changes = {}): Promise<EventSourceClient[]> {
  const proxy = await ShippedProxy.start(name, ports, changes)
  onTestFinished(() => proxy.stop())
  const dispatcher = new Agent({ connect: { ca: proxy.certificate }, bodyTimeout: 0, headersTimeout: 0 })
  onTestFinished(() => dispatcher.destroy())
  const sources = Array.from(
    { length: count },
    () => new EventSourceClient(`https://localhost:${proxy.port}${EPS}`, { fetch: (url, init) => fetch(url, { ...init, dispatcher }) }),
  )
  onTestFinished(() => sources.forEach((source) => void source.close()))
  return sources
}
