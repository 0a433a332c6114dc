import { describe, expect, it, onTestFinished } from 'vitest'
import { EventSourceClient } from '../../support/clients/event-source-client.js'
import { RawClient } from '../../support/clients/raw-client.js'
import { UndiciClient } from '../../support/clients/undici-client.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { aClient, aFeeder, aRedis, aServer, openClients } from '../../support/servers/fixtures.js'
import { untilConnections, untilReady } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { untilOpen } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const IN_ORDER = { code: 0, signal: null }
const EACH = 333
const TOTAL = 1000

describe('a node that drains with a thousand clients behind a load balancer', () => {
  it.each([{}, { WORKERS: '2' }])(
    'loses none of them to a reset: all continue at another node, and it ends in time (%o)',
    async (workers) => {
      const redis = await aRedis()
      const env = { REDIS_URL: redis.url, DRAIN_S: '5', SHUTDOWN_TIMEOUT_MS: '15000', ...workers }
      const old = await ServerProcess.start(env)
      onTestFinished(async () => void (await old.stop()))
      const next = await aServer({ REDIS_URL: redis.url })
      await Promise.all([untilReady(old, true), untilReady(next, true)])
      const balancer = await TcpProxy.start(old.port)
      onTestFinished(() => balancer.stop())
      const url = `http://127.0.0.1:${balancer.port}${EPS}`
      const feeder = await aFeeder(redis.url)

      const sources = Array.from({ length: EACH }, () => new EventSourceClient(url))
      const undici = Array.from({ length: EACH }, () => new UndiciClient(url, { keepBytes: 100_000 }))
      onTestFinished(() => [...sources, ...undici].forEach((client) => void client.close()))
      const raw = await openClients(balancer, TOTAL - 2 * EACH, { path: EPS, keepBody: true })
      await Promise.all([...sources, ...undici].map(({ opened }) => opened))
      await ('WORKERS' in workers ? untilOpen(old, TOTAL) : untilConnections(old, TOTAL))
      const ends = Promise.all([...undici, ...raw].map(({ ended }) => ended))
      // These clients don't reconnect by themselves.
      const returns = [...undici, ...raw].map(async (client) => {
        await client.ended
        if (client instanceof RawClient) await (await aClient(balancer, { path: EPS })).opened
        else {
          const again = new UndiciClient(url)
          onTestFinished(() => again.close())
          await again.opened
        }
      })
      // Few: all of it goes through the test's own process, twice.
      void feeder.run({ perSecond: 5, seconds: 60 })

      const startMs = performance.now()
      old.signal('SIGTERM')
      await untilReady(old, false)
      balancer.retarget(next.port)
      expect(await old.exited).toEqual(IN_ORDER)
      expect(performance.now() - startMs).toBeLessThan(15_000)

      for (const end of await ends) expect(end).toEqual({ clean: true })
      await Promise.all(returns)
      await eventually('the event sources are back', () => sources.every(({ opens, isOpen }) => opens === 2 && isOpen), 30_000)
      await untilConnections(next, TOTAL)
      expect(sources.flatMap(({ errors }) => errors).filter((error) => /reset|ECONN|socket/i.test(error))).toEqual([])
      const times = raw.map((client) => client.blocks().at(-1)?.retry)
      expect(new Set(times).size).toBeGreaterThan(times.length / 2)
      expect(complaints(old)).toEqual([])
    },
  )
})

describe('a node that drains ends in time', () => {
  it('with stalled clients and a Redis that does not answer', async () => {
    const redis = await aRedis()
    const server = await ServerProcess.start({ REDIS_URL: redis.url, DRAIN_S: '1', SHUTDOWN_TIMEOUT_MS: '5000' })
    onTestFinished(async () => void (await server.stop()))
    await untilReady(server, true)
    const clients = await openClients(server, 20, { path: EPS })
    const stalled = await Promise.all(Array.from({ length: 20 }, () => aClient(server, { path: EPS, paused: true })))
    await untilConnections(server, 40)
    await redis.pause()
    const startMs = performance.now()
    server.signal('SIGTERM')
    expect(await server.exited).toEqual(IN_ORDER)
    expect(performance.now() - startMs).toBeLessThan(5000)
    for (const { ended } of clients) expect(await ended).toEqual({ clean: true })
    for (const client of stalled) client.resume()
    await Promise.all(stalled.map(({ closed }) => closed))
  })
})
