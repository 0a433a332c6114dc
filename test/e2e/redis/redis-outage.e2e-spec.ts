import { describe, expect, it, onTestFinished } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import type { Feeder } from '../../support/redis/feeder.js'
import { aConnection, aFeeder, aLiveServer, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { statusOf, untilConnections, untilHealthy } from '../../support/servers/probes.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'
import { afterOpening } from '../../support/wire/opening.js'

const UPDATES = 100

describe('while Redis is away', () => {
  it('from the start, the server is live and not ready, greets clients, and streams once Redis comes', async () => {
    const port = await freePort()
    const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${port}` })
    const streams = await openStreams(server)
    expect(await statusOf(server, '/health/live')).toBe(200)
    expect(await statusOf(server, '/health/ready')).toBe(503)

    const redis = await aRedis({ port })
    await untilHealthy(server, true)
    await expectEachUpdateOnce(await aFeeder(redis.url), streams)
  })

  it('because it was killed, no client is dropped, and each update after its return counts once', async () => {
    const { redis, server, feeder, streams } = await setUp()
    await expectEachUpdateOnce(feeder, streams)
    await redis.kill()
    await untilHealthy(server, false)
    for (const path of ['/health/live', '/health/ready']) expect(await statusOf(server, path)).toBe(200)
    const meanwhile = await openStreams(server)

    await redis.restart()
    await untilHealthy(server, true)
    await expectEachUpdateOnce(await aFeeder(redis.url), streams, meanwhile)
    await untilConnections(server, 4)
  })

  it('because it hangs, this is noticed, and nothing is subscribed twice when it continues', async () => {
    const { redis, server, feeder, streams } = await setUp()
    await redis.pause()
    await untilHealthy(server, false)
    redis.resume()
    await untilHealthy(server, true)
    await expectEachUpdateOnce(feeder, streams)
    await untilOneSubscriber(redis.url)
  })

  it('behind a link that has died in silence, this is noticed, and nothing is subscribed twice when it lives again', async () => {
    const redis = await aRedis()
    const link = await aLink(redis.port)
    const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${link.port}` })
    await untilHealthy(server, true)
    const streams = await openStreams(server)
    link.freeze()
    await untilHealthy(server, false)
    link.thaw()
    await untilHealthy(server, true)
    await expectEachUpdateOnce(await aFeeder(redis.url), streams)
    await untilOneSubscriber(redis.url)
  })

  it('behind something that accepts and never answers, the server tries again and again', async () => {
    const redis = await aRedis()
    const link = await aLink(redis.port)
    link.refuse = true
    const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${link.port}` })
    const streams = await openStreams(server)
    expect(await statusOf(server, '/health/ready')).toBe(503)
    await eventually('the server has connected', () => link.connections > 0)
    link.refuse = false
    await untilHealthy(server, true)
    await expectEachUpdateOnce(await aFeeder(redis.url), streams)
  })

  it('for a moment, again and again, no client is dropped', async () => {
    const { redis, server, feeder, streams } = await setUp()
    const killer = aConnection(redis.url)
    for (let round = 0; round < 20; round++) {
      await killer.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      if (round % 5 === 0) await untilHealthy(server, true)
    }
    // The server may not have noticed the last loss yet.
    await untilOneSubscriber(redis.url)
    await untilHealthy(server, true)
    await expectEachUpdateOnce(feeder, streams)
    await untilOneSubscriber(redis.url)
  })
})

async function setUp() {
  const live = await aLiveServer()
  return { ...live, streams: await openStreams(live.server) }
}

interface Streams {
  readonly eps: RawClient
  readonly details: RawClient
}

async function openStreams(server: ServerProcess): Promise<Streams> {
  const eps = await openClient(server, { path: '/subscribe/eps' })
  const details = await openClient(server, { path: '/subscribe/details' })
  for (const { head, body } of [eps, details]) expect([head?.status, afterOpening(body)]).toEqual([200, ''])
  return { eps, details }
}

let round = 0

/** Performs updates on new ids; each update must reach each stream once. */
async function expectEachUpdateOnce(feeder: Feeder, ...all: readonly Streams[]): Promise<void> {
  const prefix = `${++round}-`
  const ids = Array.from({ length: UPDATES }, (_, index) => prefix + index)
  const last = ids.at(-1) ?? ''
  for (const id of ids) await feeder.update(id)
  for (const { eps, details } of all) {
    await eps.until(`the increment of ${last}`, ({ counts }) => counts.has(last))
    expect(new Map([...eps.counts].filter(([id]) => id.startsWith(prefix)))).toEqual(new Map(ids.map((id) => [id, 1])))
    const events = () => details.messages().map(({ event }) => event?.replace('stream.tweet_updates.', ''))
    await details.until(`the details of ${last}`, () => events().includes(last))
    expect(events().filter((id) => id?.startsWith(prefix))).toEqual(ids)
  }
}

async function aLink(port: number): Promise<TcpProxy> {
  const link = await TcpProxy.start(port)
  onTestFinished(() => link.stop())
  return link
}

async function untilOneSubscriber(url: string): Promise<void> {
  const redis = aConnection(url)
  const see = async () => {
    const [, subscribers] = await redis.pubsub('NUMSUB', 'stream.score_updates')
    return subscribers === 1 && Number(await redis.call('PUBSUB', 'NUMPAT')) === 1
  }
  await eventually('one connection is subscribed', see)
}
