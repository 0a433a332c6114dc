import { expect, it, onTestFinished } from 'vitest'
import { clusterOf, REPORTS, reportIn, statesOf } from '../../support/servers/cluster.js'
import { aConnection, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const nowS = () => Math.floor(Date.now() / 1000)

/** Two nodes on one Redis, both of which have reported; the second one's end is the test's own affair. */
async function twoNodes(env: Record<string, string> = {}) {
  const redis = await aRedis()
  const [one, two] = await Promise.all([
    aServer({ REDIS_URL: redis.url, NODE_NAME: 'one', ...env }),
    ServerProcess.start({ REDIS_URL: redis.url, NODE_NAME: 'two', ...env }),
  ])
  onTestFinished(async () => void (await two.stop()))
  const commands = aConnection(redis.url)
  await eventually('both have reported', async () => (await commands.hlen(REPORTS)) === 2)
  return { redis, commands, one, two }
}

const BOTH_OK = [
  ['nest-development-one', 'ok'],
  ['nest-development-two', 'ok'],
]

it('shows both of two nodes with their streams, addresses included', async () => {
  const { commands, one, two } = await twoNodes({ REPORT_MS: '200' })
  await openClient(one, { path: '/subscribe/eps', headers: { 'User-Agent': 'of one' } })
  await openClient(two, { path: '/subscribe/details/2665', headers: { 'User-Agent': 'of two' } })

  const stream = await eventually('the stream of the other node shows', async () => {
    const nodes = await clusterOf(one)
    return nodes.find(({ node }) => node === 'nest-development-two')?.connections?.[0]
  })

  expect(stream).toMatchObject({ request_path: '/subscribe/details/2665', client_ip: '127.0.0.1', user_agent: 'of two' })
  expect(await statesOf(one)).toEqual(BOTH_OK)
  expect(await statesOf(two)).toEqual(BOTH_OK)
  const report = await reportIn(commands, 'nest-development-one')
  expect(report).toMatchObject({ status: 'OK', report_ms: 200, connections_total: 1, ingest: { source: 'redis', state: 'ready' } })
  expect(nowS() - (report?.reported_at ?? 0)).toBeLessThanOrEqual(2)
})

it('marks a node dead within 15 s that was killed, and forgets it in time', async () => {
  const { one, two } = await twoNodes({ REPORT_MS: '1000' })

  two.signal('SIGKILL')
  await two.exited

  await eventually(
    'it is dead',
    async () => (await statesOf(one)).some(([node, state]) => node.endsWith('two') && state === 'dead'),
    15_000,
  )
  await eventually('it is gone', async () => (await statesOf(one)).every(([node]) => node.endsWith('one')), 15_000)
})

it('forgets a node at once that was stopped', async () => {
  const { commands, one, two } = await twoNodes()

  expect(await two.stop()).toEqual({ code: 0, signal: null })

  expect(await commands.hkeys(REPORTS)).toEqual(['nest-development-one'])
  await eventually('it is gone', async () => (await statesOf(one)).length === 1)
})

it('leaves the report of a node of the same name that has started meanwhile', async () => {
  const { commands, two } = await twoNodes({ REPORT_MS: '300000' })
  const later = { ...(await reportIn(commands, 'nest-development-two')), startup_time: nowS() + 60 }
  await commands.hset(REPORTS, 'nest-development-two', JSON.stringify(later))

  await two.stop()

  expect(await reportIn(commands, 'nest-development-two')).toEqual(later)
})

it('shows the older streamers as they report, skips and counts what is no report, and removes what is an hour old', async () => {
  const redis = await aRedis()
  const commands = aConnection(redis.url)
  const older = {
    'mri-production-web.1': { node: 'mri-production-web.1', status: 'OK', reported_at: nowS() + 0.5, connections: [] },
    'go-production-web.2': { node: 'go-production-web.2', status: 'OK', reported_at: nowS() - 20, startup_time: 1, msgs_broadcast: 7 },
    'node-production-web.3': { status: 'OK' },
    'gone-production-web.4': { node: 'gone-production-web.4', reported_at: nowS() - 60 },
    'old-production-web.5': { node: 'old-production-web.5', reported_at: nowS() - 3700 },
  }
  for (const [node, report] of Object.entries(older)) await commands.hset(REPORTS, node, JSON.stringify(report))
  await commands.hset(REPORTS, 'broken', '{"node":', 'list', '[1]')

  const server = await aServer({ REDIS_URL: redis.url, NODE_NAME: 'one', REPORT_MS: '200' })
  await eventually('the oldest is removed', async () => (await commands.hexists(REPORTS, 'old-production-web.5')) === 0)

  expect(await statesOf(server)).toEqual([
    ['go-production-web.2', 'dead'],
    ['mri-production-web.1', 'ok'],
    ['nest-development-one', 'ok'],
    ['node-production-web.3', 'unknown'],
  ])
  const nodes = await clusterOf(server)
  expect(nodes[0]).toEqual({ ...older['go-production-web.2'], state: 'dead' })
  await eventually('both broken ones are counted', async () => (await reportIn(commands, 'nest-development-one'))?.unparsable_reports === 2)
  expect(await commands.hexists(REPORTS, 'broken')).toBe(1)
})

it('shows a node alone that has no Redis', async () => {
  const server = await aServer({ NODE_NAME: 'alone' })
  expect(await statesOf(server)).toEqual([['nest-development-alone', 'ok']])
})

it('shows each worker as a node', async () => {
  const redis = await aRedis()
  const server = await aServer({ REDIS_URL: redis.url, NODE_NAME: 'team', WORKERS: '2', REPORT_MS: '500' })
  await eventually('both workers show', async () => {
    const names = (await statesOf(server)).map(([node]) => node)
    return names.join() === 'nest-development-team-worker.1,nest-development-team-worker.2'
  })
})
