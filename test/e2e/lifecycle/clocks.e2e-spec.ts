import { afterEach, expect, it, vi } from 'vitest'
import { createApp } from '../../../src/bootstrap/serve.js'
import { parseConfig } from '../../../src/common/config/parse-config.js'
import { ScoreLog } from '../../../src/common/score-log/score-log.js'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'
import { RawClient } from '../../support/clients/raw-client.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { sum } from '../../support/redis/score-counts.js'
import { FakeClock } from '../../support/servers/fake-clock.js'
import { aFeeder, aLiveServer, aRedis, openClients } from '../../support/servers/fixtures.js'
import { statusOf } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { eventually } from '../../support/waiting/eventually.js'

const HOUR_S = 3600
const EPS = '/subscribe/eps'
const QUIET = '/subscribe/details/NOTHING'
/** No two flushes are closer than this. */
const MIN_PERIOD_MS = 16.7

const HEARTBEAT_MS = 500
/** A sweep sends the heartbeats that are due before the next one, so they come early by less than its period. */
const MIN_HEARTBEAT_MS = HEARTBEAT_MS / 2

const heartbeatsOf = (client: RawClient) => client.blocks().filter(({ comments }) => comments.length > 0).length

it('keeps its rate, its heartbeats and exact sums while the time of day jumps by an hour both ways, and reports that time', async () => {
  const clock = new FakeClock()
  const { server, feeder } = await aLiveServer({ ...clock.env, HEARTBEAT_MS: String(HEARTBEAT_MS), EPS_STALL_MS: '2000', DRAIN_S: '0' })
  const clients = await openClients(server, 3, { path: EPS })
  const [quiet] = await openClients(server, 1, { path: QUIET, keepBody: true })
  if (quiet === undefined) throw new Error('no client')
  const start = performance.now()
  const before = heartbeatsOf(quiet)
  const running = feeder.run({ perSecond: 400, seconds: 6 })
  for (const aheadS of [HOUR_S, -HOUR_S, 0]) {
    clock.shift(aheadS)
    await eventually(`the report is ${aheadS} s ahead`, async () => {
      const { reported_at } = await reportOf(server.url)
      return Math.abs(reported_at - Date.now() / 1000 - aheadS) < 60
    })
    const heartbeats = heartbeatsOf(quiet)
    await quiet.until('two more heartbeats', (client) => heartbeatsOf(client) >= heartbeats + 2)
    expect(await statusOf(server, '/health/ready')).toBe(200)
  }
  await expectExactSums(clients, await running, feeder)
  const spanMs = performance.now() - start

  for (const { frames } of clients) {
    expect(frames).toBeLessThanOrEqual(spanMs / MIN_PERIOD_MS + 2)
    expect(frames).toBeGreaterThan(0)
  }
  expect(heartbeatsOf(quiet) - before).toBeLessThanOrEqual(spanMs / MIN_HEARTBEAT_MS + 1)
  expect(complaints(server)).toEqual([])
})

async function reportOf(url: string): Promise<StatusReport> {
  const answer = await fetch(`${url}/admin/status.json`, { headers: { connection: 'close' } })
  return (await answer.json()) as StatusReport
}

/** The resources that end with the test, the newest first. */
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** The uptime in ms, and the number of updates, from which on V8 keeps neither as a small integer. */
const LIMIT = 2 ** 31

it('keeps its rate, its deadlines and exact sums past 24.8 days of uptime and 2^31 updates', async () => {
  const now = performance.now.bind(performance)
  // A minute before the limit the start may take what it takes. The rest of that minute passes at once, as in a process that was stopped.
  let shiftMs = LIMIT - now() - 60_000
  const shifted = vi.spyOn(performance, 'now').mockImplementation(() => now() + shiftMs)
  ends.push(() => shifted.mockRestore())
  const redis = await aRedis()
  const { port, log } = await anOldApp(redis.url)
  const open = async (path: string) => {
    const client = await RawClient.connect(port, { path })
    ends.push(() => client.close())
    await client.opened
    return client
  }
  const [eps, raw, quiet] = [await open(EPS), await open('/subscribe/raw'), await open(QUIET)]
  const feeder = await aFeeder(redis.url)
  expect([log.position, performance.now() < LIMIT]).toEqual([LIMIT - 500, true])

  shiftMs = LIMIT - now() - 1000
  const start = performance.now()
  const before = heartbeatsOf(quiet)
  const published = await feeder.run({ perSecond: 400, seconds: 4 })
  await expectExactSums([eps], published, feeder)
  await raw.until('each update as a frame', ({ frames }) => frames === sum(eps.counts))
  const spanMs = performance.now() - start

  expect(log.position).toBe(LIMIT - 500 + sum(eps.counts))
  expect(log.position).toBeGreaterThan(LIMIT)
  expect(performance.now()).toBeGreaterThan(LIMIT)
  expect(eps.frames).toBeLessThanOrEqual(spanMs / MIN_PERIOD_MS + 2)
  await quiet.until('heartbeats', (client) => heartbeatsOf(client) >= before + 3)
  expect(heartbeatsOf(quiet) - before).toBeLessThanOrEqual((performance.now() - start) / MIN_HEARTBEAT_MS + 1)
})

/** The application in this process, whose score log has seen all but 500 of `LIMIT` updates. */
async function anOldApp(url: string) {
  const machine = { hostname: 'here', cores: 1, worker: null, readText: () => undefined }
  const config = parseConfig({ LOG_LEVEL: 'silent', DRAIN_S: '0', HEARTBEAT_MS: String(HEARTBEAT_MS), REDIS_URL: url }, machine)
  const scoreLog = { ...config.scoreLog, start: LIMIT - 500 }
  const app = await createApp({ ...config, scoreLog })
  ends.push(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const port = Number(new URL(await app.getUrl()).port)
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`, { headers: { connection: 'close' } })).status === 200
  await eventually('the application is ready', isReady)
  return { port, log: app.get(ScoreLog) }
}
