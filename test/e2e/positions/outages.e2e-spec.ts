import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { feedWhile } from '../../support/redis/feed-while.js'
import { Feeder } from '../../support/redis/feeder.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { RedisServer } from '../../support/redis/redis-server.js'
import { sum } from '../../support/redis/score-counts.js'
import { aConnection, aFeeder, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { aSharedFeed, positionsOf, untilShared, untilWhole } from '../../support/servers/positions.js'
import { untilHealthy } from '../../support/servers/probes.js'
import { logLines } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

/** How long the link stays broken each time. A longer time only makes the test slower: LINK_CUT_MS=5000 by hand. */
const CUT_MS = Number(process.env['LINK_CUT_MS'] ?? 1000)
const EPS = { path: '/subscribe/eps', keepBody: false }

describe('an outage of the link between a node and Redis', () => {
  let redis: RedisServer
  let link: TcpProxy
  let near: ServerProcess
  let far: ServerProcess
  let feeder: Feeder
  let clients: RawClient[]

  beforeAll(async () => {
    redis = await RedisServer.start()
    link = await TcpProxy.start(redis.port)
    near = await ServerProcess.start({ REDIS_URL: redis.url, DRAIN_S: '0' })
    far = await ServerProcess.start({ REDIS_URL: `redis://127.0.0.1:${link.port}`, DRAIN_S: '0' })
    await untilHealthy(near, true)
    await untilHealthy(far, true)
    feeder = await Feeder.connect(redis.url)
    await feedWhile(feeder, async () => void (await Promise.all([near, far].map(untilShared))))
    await untilWhole(redis, near, far)
  })

  afterAll(async () => {
    feeder.close()
    expect([await near.stop(), await far.stop()]).toEqual(Array(2).fill({ code: 0, signal: null }))
    await link.stop()
    await redis.stop()
  })

  beforeEach(async () => {
    clients = await Promise.all([near, far].map((server) => openClient(server, EPS)))
  })

  /** Feeds while `disturb` goes on; then all clients have each update once, and both nodes have what Redis has. */
  async function expectNothingLost(disturb: () => Promise<void>): Promise<void> {
    const before = (await positionsOf(far)).healed
    const published = await feedWhile(feeder, disturb)
    await untilHealthy(far, true)
    await expectExactSums(clients, published, feeder)
    await untilWhole(redis, near, far)
    await eventually('some of it was healed', async () => (await positionsOf(far)).healed > before)
  }

  it('that comes five times costs plain clients no update', async () => {
    await expectNothingLost(async () => {
      for (let count = 0; count < 5; count++) {
        link.refuse = true
        link.resetAll()
        await untilHealthy(far, false)
        await delay(CUT_MS)
        link.refuse = false
        link.resetAll()
        await untilHealthy(far, true)
      }
    })
  })

  it('by CLIENT KILL, again and again, costs them none', async () => {
    const admin = aConnection(redis.url)
    const kills = () => logLines(far).filter(({ msg, state }) => msg === 'ingest changed' && state === 'ready').length
    await expectNothingLost(async () => {
      for (let count = 0; count < 5; count++) {
        const seen = kills()
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
        await eventually('the node is back', () => kills() > seen)
      }
    })
  })

  it('because its output buffer in Redis is full costs them none', async () => {
    const admin = aConnection(redis.url)
    const limit = async (value: string) => void (await admin.config('SET', 'client-output-buffer-limit', `pubsub ${value}`))
    const subscribers = async () => Number((await admin.pubsub('NUMSUB', 'stream.score_updates'))[1])
    await limit('1mb 512kb 5')
    await expectNothingLost(async () => {
      await far.pause()
      const cut = async () => {
        await Promise.all(Array.from({ length: 16 }, () => feeder.publish('stream.tweet_updates.1F602', 'x'.repeat(65_536))))
        return (await subscribers()) < 2
      }
      await eventually('Redis ends the connection', cut, 20_000)
      const scores = async () => String(await admin.call('ZRANGE', 'emojitrack_score', '0', '-1', 'WITHSCORES'))
      const before = await scores()
      await eventually('updates are missed', async () => (await scores()) !== before)
      far.resume()
      await eventually('the node is back', async () => (await subscribers()) === 2)
    })
    await limit('32mb 8mb 60')
  })
})

describe('an outage of Redis with its data', () => {
  it.each([
    ['a snapshot', [], true],
    ['an append-only file', ['--appendonly', 'yes', '--appendfsync', 'always'], false],
  ] as const)('and a restart from %s costs plain clients no update', async (_what, args, saves) => {
    const folder = mkdtempSync(join(tmpdir(), 'emojitrack-redis-'))
    const redis = await RedisServer.start({ args: ['--dir', folder, ...args] })
    const link = await TcpProxy.start(redis.port)
    try {
      const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${link.port}` })
      const feeder = await aSharedFeed(redis, server)
      const client = await openClient(server, EPS)
      const before = await scoresOf(redis.url)
      await feedWhile(feeder, async () => {
        const admin = aConnection(redis.url)
        if (saves) admin.call('SHUTDOWN', 'SAVE').catch(() => undefined)
        else await redis.kill()
        await untilHealthy(server, false)
        link.refuse = true
        // It would send the command once more.
        admin.disconnect()
        await redis.restart()
        // The node has to heal the updates that come before it is back.
        const again = await aFeeder(redis.url)
        await again.run({ perSecond: 2000, seconds: 0.1 })
        link.refuse = false
        link.resetAll()
        await untilHealthy(server, true)
      })
      await untilWhole(redis, server)
      // Redis counts what it has performed; an acknowledgement may be lost with the connection.
      const added = sum(await scoresOf(redis.url)) - sum(before)
      await eventually('the client has all of it', () => sum(client.counts) === added)
      await eventually('some of it was healed', async () => (await positionsOf(server)).healed > 0)
    } finally {
      await link.stop()
      await redis.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('that hangs until its connections are given up costs plain clients no update', async () => {
    const redis = await aRedis()
    const server = await aServer({ REDIS_URL: redis.url })
    const feeder = await aSharedFeed(redis, server)
    const client = await openClient(server, EPS)
    const published = await feedWhile(feeder, async () => {
      await redis.pause()
      await untilHealthy(server, false)
      redis.resume()
      await untilHealthy(server, true)
    })
    await expectExactSums([client], published, feeder)
    await untilWhole(redis, server)
  })
})

describe('with HEAL=false', () => {
  it('what was missed is left out; totals and positions are right again', async () => {
    const redis = await aRedis()
    const link = await TcpProxy.start(redis.port)
    try {
      const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${link.port}`, HEAL: 'false' })
      const feeder = await aSharedFeed(redis, server)
      const client = await openClient(server, EPS)
      link.refuse = true
      link.resetAll()
      await untilHealthy(server, false)
      await feeder.run({ perSecond: 1000, seconds: 0.1 })
      link.refuse = false
      link.resetAll()
      await untilHealthy(server, true)
      await eventually('the log says it', () => logLines(server).some(({ msg }) => msg?.includes('HEAL is off')))
      const published = await feeder.run({ perSecond: 1000, seconds: 0.2 })
      await expectExactSums([client], published, feeder)
      await untilWhole(redis, server)
      expect((await positionsOf(server)).healed).toBe(0)
    } finally {
      await link.stop()
    }
  })
})
