import { beforeEach, describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { OwnNetwork } from '../../support/network/own-network.js'
import { added, expectExactSums } from '../../support/redis/exact-sums.js'
import { flood, rounds } from '../../support/redis/flood.js'
import { aClient, aConnection, aFeeder, aLiveServer, aRedis, aServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { untilConnections, untilHealthy } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { aTeam } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const QUIET = '/subscribe/details/QUIET'
const HOME = '127.0.0.1'
const MOBILE = '10.9.9.9'
const REDIS = '10.8.8.8'
const MANY = 10
const ACK_TIMEOUT_MS = 1500
const HEARTBEAT_MS = 300
const ENV = {
  HEARTBEAT_MS: String(HEARTBEAT_MS),
  ACK_TIMEOUT_MS: String(ACK_TIMEOUT_MS),
  MAX_CONNECTIONS_PER_IP: String(MANY),
}
/** A phone without a network sends nothing more: the server has to notice it by the silence alone, by far before the kernel does. */
const NOTICE_MS = 15_000

const network = OwnNetwork.enter()

/** The network, in a test that needs one. */
function inNetwork(): OwnNetwork {
  if (typeof network === 'string') throw new Error(network)
  return network
}

beforeEach(({ skip }) => skip(typeof network === 'string', String(network)))
if (typeof network !== 'string') for (const address of [MOBILE, REDIS]) network.add(address)

const closedBy = async (server: ServerProcess, reason: string) =>
  (await scrapeOf(server)).by('emojitrack_subscribers_closed_total', 'reason')[reason]

const heartbeats = (client: RawClient) => client.blocks().filter(({ comments }) => comments.includes('keepalive')).length

/** Tells whether the address may open MANY streams at once, and closes them if not. A client like these is refused by a status. */
async function areAdmitted(server: ServerProcess): Promise<boolean> {
  const options = { path: QUIET, localAddress: MOBILE, headers: { Accept: 'application/json' } }
  const clients = await Promise.all(Array.from({ length: MANY }, () => aClient(server, options)))
  await Promise.all(clients.map(({ opened }) => opened))
  const isAdmitted = clients.every(({ head }) => head?.status === 200)
  if (!isAdmitted) for (const client of clients) client.close()
  return isAdmitted
}

describe('clients that vanish without a FIN', () => {
  it.each([
    ['a single process', aLiveServer],
    ['two workers', aTeam],
  ])('are noticed on quiet streams by %s, make room for others of their address, and disturb nobody', async (_what, start) => {
    const { server, feeder } = await start(ENV)
    const stays = await openClients(server, 2, { path: QUIET, keepBody: true })
    // Where workers take the last places at the same time, one may refuse a stream.
    await eventually('the address has all of its streams', () => areAdmitted(server))
    const before = (await closedBy(server, 'client')) ?? 0
    inNetwork().cut(MOBILE)
    try {
      await untilConnections(server, 2, NOTICE_MS)
    } finally {
      inNetwork().connect(MOBILE)
    }
    await eventually('each of them is counted', async () => (await closedBy(server, 'client')) === before + MANY)
    // Another worker may learn a little later that their places are free.
    await eventually('all places of the address are free again', () => areAdmitted(server))
    await feeder.publish('stream.tweet_updates.QUIET', 'still here')
    for (const client of stays) await client.until('the post', ({ body }) => body.includes('still here'))
    expect(complaints(server).filter(({ msg }) => msg !== 'streams refused')).toEqual([])
  })

  it('are noticed while updates wait for them, long before EPS_STALL_MS', async () => {
    const { server, feeder } = await aLiveServer(ENV)
    const stays = await openClient(server, { path: EPS, keepBody: false })
    await openClients(server, MANY, { path: EPS, localAddress: MOBILE })
    inNetwork().cut(MOBILE)
    try {
      const published = await flood(feeder, rounds(10))
      await untilConnections(server, 1, NOTICE_MS)
      await expectExactSums([stays], published, feeder)
    } finally {
      inNetwork().connect(MOBILE)
    }
    expect(await closedBy(server, 'client')).toBe(MANY)
    expect(await closedBy(server, 'slow')).toBe(0)
  })

  it('differ from clients that only do not read, which keep their streams for longer than ACK_TIMEOUT_MS', async () => {
    const { server, feeder } = await aLiveServer(ENV)
    const quiet = await openClient(server, { path: QUIET, keepBody: true })
    const sleeper = await aClient(server, { path: EPS, paused: true, keepBody: false })
    await untilConnections(server, 2)
    const before = await flood(feeder, () => isBehind(server))
    const beats = heartbeats(quiet)
    await quiet.until('several times ACK_TIMEOUT_MS', () => heartbeats(quiet) - beats > (3 * ACK_TIMEOUT_MS) / HEARTBEAT_MS)
    sleeper.resume()
    const after = await flood(feeder, rounds(2))
    await expectExactSums([sleeper], added(before, after), feeder)
    expect(await closedBy(server, 'client')).toBe(0)
  })
})

/** True when the kernel takes no more for a stream of eps. */
async function isBehind(server: ServerProcess): Promise<boolean> {
  return (await scrapeOf(server)).value('emojitrack_backlog_subscribers') > 0
}

describe('a link to Redis that dies without a FIN', () => {
  it('is noticed, and nothing is subscribed twice when it lives again', async () => {
    const redis = await aRedis({ args: ['--bind', HOME, REDIS, '--protected-mode', 'no'] })
    const server = await aServer({ REDIS_URL: `redis://${REDIS}:${redis.port}`, READY_MAX_SILENCE_MS: '3000' })
    const feeder = await aFeeder(redis.url)
    await untilHealthy(server, true)
    const client = await openClient(server, { path: EPS })
    await feeder.update('BEFORE')
    await client.until('an update', ({ counts }) => counts.has('BEFORE'))
    inNetwork().cut(REDIS)
    try {
      await untilHealthy(server, false)
    } finally {
      inNetwork().connect(REDIS)
    }
    await untilHealthy(server, true)
    await feeder.update('AFTER')
    await expectExactSums(
      [client],
      new Map([
        ['BEFORE', 1],
        ['AFTER', 1],
      ]),
      feeder,
    )
    const asked = aConnection(redis.url)
    await eventually('one connection is subscribed', async () => (await asked.pubsub('NUMSUB', 'stream.score_updates'))[1] === 1)
  })
})
