import { expect, it, onTestFinished } from 'vitest'
import { NodeState } from '../../../src/common/stats/node-stats.js'
import { ReportStoreService } from '../../../src/modules/admin-reporter/cluster-reports.js'
import { clusterOf, REPORTS, reportIn, statesOf } from '../../support/servers/cluster.js'
import { aConnection, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const nowS = () => Math.floor(Date.now() / 1000)

/** The variables of a server whose time of day is off by so many seconds (libfaketime). */
const clockOff = (seconds: string) => ({ LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1', FAKETIME: seconds, DONT_FAKE_MONOTONIC: '1' })

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

it('shows the older streamers as they report, skips and counts what is no report or too large, and removes what is an hour old', async () => {
  const redis = await aRedis()
  const commands = aConnection(redis.url)
  const older = {
    'mri-production-web.1': { node: 'mri-production-web.1', status: 'OK', reported_at: nowS() + 0.5, connections: [] },
    'go-production-web.2': { node: 'go-production-web.2', status: 'OK', reported_at: nowS() - 20, startup_time: 1, msgs_broadcast: 7 },
    'node-production-web.3': { status: 'OK' },
    'gone-production-web.4': { node: 'gone-production-web.4', reported_at: nowS() - 60 },
    'old-production-web.5': { node: 'old-production-web.5', reported_at: nowS() - 3700, report_ms: 1000 },
  }
  for (const [node, report] of Object.entries(older)) await commands.hset(REPORTS, node, JSON.stringify(report))
  await commands.hset(REPORTS, 'broken', '{"node":', 'list', '[1]', 'large', JSON.stringify({ text: 'x'.repeat(1_048_576) }))

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
  await eventually('those are counted', async () => (await reportIn(commands, 'nest-development-one'))?.unparsable_reports === 3)
  expect(await commands.hexists(REPORTS, 'broken')).toBe(1)
})

it('reads no more from Redis than its bounds allow, whatever is there', async () => {
  const redis = await aRedis()
  const commands = aConnection(redis.url)
  for (const [node, length] of Object.entries({ a: 90, b: 99, c: 100, d: 50, e: 1 })) await commands.hset(REPORTS, node, 'x'.repeat(length))
  const store = new ReportStoreService({ url: redis.url, tlsCa: undefined, tlsInsecure: false }, new NodeState(), { report: 100, all: 205 })
  onTestFinished(() => store.disconnect())
  await new Promise<void>((resolve) => store.connect(resolve))

  const { nowS: time, reports, tooLarge } = await store.read()

  // Redis keeps fields in no order; with the name, one report is too large by a byte, and two or three others fit.
  expect([reports.has('c'), reports.has('e'), Number.isInteger(time)]).toEqual([false, true, true])
  expect([...reports].reduce((sum, [node, report]) => sum + node.length + report.length, 0)).toBeLessThanOrEqual(205)
  expect(reports.size).toBeGreaterThanOrEqual(2)
  expect(tooLarge).toBe(5 - reports.size)
})

it('keeps the reports of the others, though its clock is an hour ahead, and its own, though that is an hour behind', async () => {
  const redis = await aRedis()
  const commands = aConnection(redis.url)
  // The report of the first node comes once: it would stay away if another node removed it.
  await aServer({ REDIS_URL: redis.url, NODE_NAME: 'right', REPORT_MS: '300000' })
  await eventually('the first has reported', async () => (await commands.hlen(REPORTS)) === 1)
  await commands.hset(REPORTS, 'gone', JSON.stringify({ node: 'gone', reported_at: nowS() - 3700, report_ms: 1000 }))
  await aServer({ REDIS_URL: redis.url, NODE_NAME: 'behind', REPORT_MS: '300', ...clockOff('-3600') })
  await aServer({ REDIS_URL: redis.url, NODE_NAME: 'ahead', REPORT_MS: '300', ...clockOff('+3600') })
  await eventually('all have reported', async () => (await commands.hlen(REPORTS)) >= 3)
  const ahead = await eventually('the clock is ahead', () => reportIn(commands, 'nest-development-ahead'))
  expect(ahead.reported_at - nowS()).toBeGreaterThan(3_500)

  await eventually('the node that is gone is removed', async () => (await commands.hexists(REPORTS, 'gone')) === 0)

  expect((await commands.hkeys(REPORTS)).sort()).toEqual(['ahead', 'behind', 'right'].map((name) => `nest-development-${name}`))
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
