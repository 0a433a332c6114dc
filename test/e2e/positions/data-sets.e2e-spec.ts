import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { added, expectExactSums, expectSums } from '../../support/redis/exact-sums.js'
import { feedWhile } from '../../support/redis/feed-while.js'
import { aConnection, aFeeder, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { aSharedFeed, positionsOf, untilShared, untilWhole } from '../../support/servers/positions.js'
import { statusOf, untilHealthy, untilReady } from '../../support/servers/probes.js'
import { complaints, logLines } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = { path: '/subscribe/eps', keepBody: false }
const RUN = { perSecond: 1000, seconds: 0.2 }

async function aLink(port: number): Promise<TcpProxy> {
  const link = await TcpProxy.start(port)
  onTestFinished(() => link.stop())
  return link
}

/** The node has no connection to Redis while `task` goes on. */
async function withoutLink(link: TcpProxy, server: ServerProcess, task: () => Promise<unknown>): Promise<void> {
  link.refuse = true
  link.resetAll()
  await untilHealthy(server, false)
  await task()
  link.refuse = false
  link.resetAll()
  await untilHealthy(server, true)
}

const untilLogged = (server: ServerProcess, text: string) =>
  eventually(`the log says "${text}"`, () => logLines(server).some(({ msg }) => msg?.includes(text)))

describe('data that Redis has lost', () => {
  it.each([
    ['all', 'the epoch is gone', true],
    ['those after its last snapshot', 'Redis has lost data', false],
  ] as const)('%s: another epoch, and no count that was not published', async (_what, line, isAll) => {
    const folder = mkdtempSync(join(tmpdir(), 'emojitrack-redis-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const redis = await aRedis({ args: ['--dir', folder] })
    const link = await aLink(redis.port)
    const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${link.port}` })
    const feeder = await aSharedFeed(redis, server)
    const { epoch } = await positionsOf(server)
    const admin = aConnection(redis.url)
    await admin.call('SAVE')
    const client = await openClient(server, EPS)
    const before = await feeder.run(RUN)
    await expectSums([client], before)

    await withoutLink(link, server, async () => (isAll ? await admin.flushall() : await redis.restart()))
    await untilLogged(server, line)
    const again = await aFeeder(redis.url)
    const after = await feedWhile(again, async () => void (await untilShared(server)))
    await expectExactSums([client], added(before, after), again)
    await untilWhole(redis, server)
    expect((await positionsOf(server)).epoch).not.toBe(epoch)
    expect((await positionsOf(server)).healed).toBe(0)
  })
})

it('a publisher that moves no scores: positions stay private, and nothing is invented or doubled, over a broken link too', async () => {
  const redis = await aRedis()
  const link = await aLink(redis.port)
  const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${link.port}` })
  await untilHealthy(server, true)
  const publisher = aConnection(redis.url)
  const client = await openClient(server, EPS)
  const publish = (count: number) => Promise.all(Array.from({ length: count }, () => publisher.publish('stream.score_updates', '2665')))
  const disagreements = () => logLines(server).filter(({ msg }) => msg?.includes('do not follow the updates')).length
  let heard = 0
  // The first cut may be made after some of them: a hundred more are needed then.
  await eventually('the log says why', async () => {
    await publish(20)
    heard += 20
    return disagreements() > 0
  })
  const before = disagreements()
  expect(await positionsOf(server)).toMatchObject({ mode: 'private', reason: 'disagrees' })

  await withoutLink(link, server, () => publish(50))
  await eventually('cuts after the outage disagree as well', async () => {
    await publish(20)
    heard += 20
    return disagreements() > before
  })
  await client.until('what came over the link', ({ counts }) => counts.get('2665') === heard)
  await publisher.publish('stream.score_updates', 'LAST')
  await client.until('the last update', ({ counts }) => counts.has('LAST'))
  expect(Object.fromEntries(client.counts)).toEqual({ 2665: heard, LAST: 1 })
  expect(await positionsOf(server)).toMatchObject({ mode: 'private', healed: 0 })
})

it('a user without a right: positions are private, with one line that names it, until it is given', async () => {
  const redis = await aRedis()
  const admin = aConnection(redis.url)
  const rules = ['on', '>pw', '+@all', '~*', '&*', '-zrange']
  await admin.call('ACL', 'SETUSER', 'streamer', ...rules)
  const server = await aServer({ REDIS_URL: `redis://streamer:pw@127.0.0.1:${redis.port}`, AUDIT_MS: '1000' })
  await untilHealthy(server, true)
  await eventually('positions are private', async () => (await positionsOf(server)).reason === 'no-rights')
  // Audits look for it again.
  const refusals = async () => JSON.stringify(await admin.call('ACL', 'LOG')).split('zrange').length
  await eventually('more than one cut is refused', async () => (await refusals()) > 1 || undefined)
  const lines = () => complaints(server).filter(({ context }) => context === 'Positions')
  expect(lines()).toEqual([expect.objectContaining({ missing: '+zrange', advice: expect.stringContaining('ACL SETUSER <user> +zrange') })])

  await admin.call('ACL', 'SETUSER', 'streamer', '+zrange')
  const feeder = await aFeeder(redis.url)
  await feedWhile(feeder, async () => void (await untilShared(server)))
  expect(lines()).toHaveLength(1)
})

it('a node that starts under 400 updates a second has shared positions within 5 s', async () => {
  const redis = await aRedis()
  const feeder = await aFeeder(redis.url)
  await feedWhile(
    feeder,
    async () => {
      const server = await aServer({ REDIS_URL: redis.url })
      await untilReady(server, true)
      await eventually('positions are shared', async () => (await positionsOf(server)).mode === 'shared', 5000)
    },
    400,
  )
})

it('a link that answers and delivers nothing: the node is not ready until another one delivers, and nothing is lost', async () => {
  const redis = await aRedis()
  const other = await aRedis()
  const link = await aLink(redis.port)
  const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${link.port}` })
  const feeder = await aSharedFeed(redis, server)
  const client = await openClient(server, EPS)
  // As after a failover: the subscription is with a Redis to which nobody publishes, the commands are not.
  link.retarget(other.port)
  await aConnection(redis.url).call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const published = await feeder.run(RUN)
  await untilReady(server, false)
  expect(await (await fetch(`${server.url}/health/ready`)).json()).toMatchObject({ details: { ingest: { state: 'deaf' } } })
  expect(await statusOf(server, '/health/live')).toBe(200)

  link.retarget(redis.port)
  await untilReady(server, true)
  await expectExactSums([client], published, feeder)
  await untilWhole(redis, server)
  expect(complaints(server)).toContainEqual(expect.objectContaining({ error: expect.stringContaining('delivers nothing') }))
})

it('a replica that takes its data in bulk: what it did not publish is healed', async () => {
  const master = await aRedis({ args: ['--repl-backlog-size', '16384', '--repl-diskless-sync-delay', '0'] })
  const admin = aConnection(master.url)
  await admin.set('emojitrack_score_epoch', 'replicated')
  const replica = await aRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
  const follower = aConnection(replica.url)
  const untilFollowing = () =>
    eventually('the replica follows', async () => (await follower.info('replication')).includes('master_link_status:up'))
  await untilFollowing()
  const server = await aServer({ REDIS_URL: replica.url })
  await untilHealthy(server, true)
  const feeder = await aFeeder(master.url)
  await feedWhile(feeder, async () => void (await untilShared(server)))
  await untilWhole(master, server)
  const client = await openClient(server, EPS)

  await follower.call('REPLICAOF', 'NO', 'ONE')
  const published = await feeder.run(RUN)
  await follower.call('REPLICAOF', '127.0.0.1', String(master.port))
  await untilFollowing()
  await expectExactSums([client], published, feeder)
  await untilWhole(master, server)
  expect((await admin.info('stats')).includes('sync_full:2')).toBe(true)
  expect(logLines(server).filter(({ state }) => state === 'ready')).toHaveLength(1)
})
