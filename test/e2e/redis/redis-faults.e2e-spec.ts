import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { acknowledgement, array, bulk, FakeRedis } from '../../support/fakes/fake-redis.js'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { added, expectExactSums } from '../../support/redis/exact-sums.js'
import { faultRows } from '../../support/redis/fault-table.js'
import { RedisServer } from '../../support/redis/redis-server.js'
import { Child } from '../../support/servers/child.js'
import { REPORTS } from '../../support/servers/cluster.js'
import { aConnection, aFeeder, aRedis, openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const SCORES = 'stream.score_updates'
const DETAILS = 'stream.tweet_updates.X'
const REPORT_FAILURES = 'emojitrack_report_failures_total'
/** A port on which nothing listens, and no client connects from. */
const NO_PORT = 1
const DEFAULTS = [
  ['client-output-buffer-limit', 'pubsub 32mb 8mb 60'],
  ['maxclients', '10000'],
  ['replica-serve-stale-data', 'yes'],
] as const

let redis: RedisServer
let admin: Redis
/** The address that the server knows; what is behind it changes. */
let endpoint: TcpProxy
/** The port behind that address. */
let target: number
let server: ServerProcess

beforeAll(async () => {
  redis = await RedisServer.start()
  admin = new Redis(redis.url)
  target = redis.port
  endpoint = await TcpProxy.start(redis.port)
  const env = { REDIS_URL: `redis://127.0.0.1:${endpoint.port}`, REPORT_MS: '300', READY_MAX_SILENCE_MS: '3000' }
  server = await ServerProcess.start(env)
})
afterAll(async () => {
  const exit = await server.stop()
  await endpoint.stop()
  admin.disconnect()
  await redis.stop()
  expect(exit).toEqual({ code: 0, signal: null })
})

/** A test that has failed leaves nothing behind for the next one. */
afterEach(async () => {
  server.resume()
  endpoint.latencyMs = 0
  endpoint.pieceBytes = Number.POSITIVE_INFINITY
  await admin.replicaof('NO', 'ONE')
  for (const [name, value] of DEFAULTS) await admin.config('SET', name, value)
  if (target !== redis.port) switchTo(redis.port)
  await untilSubscribed()
})

async function ingestState(): Promise<string> {
  const answer = await fetch(`${server.url}/health`, { headers: { connection: 'close' } })
  const { details } = (await answer.json()) as { details: { ingest: { state: string } } }
  expect(answer.status).toBe(details.ingest.state === 'ready' ? 200 : 503)
  return details.ingest.state
}

const untilState = (state: string | undefined) => eventually(`/health says ${state}`, async () => (await ingestState()) === state, 20_000)

/** Puts another server behind the address, or the first one again. All connections are lost. */
function switchTo(port: number): void {
  target = port
  endpoint.retarget(port)
  endpoint.resetAll()
}

async function untilSubscribed(): Promise<void> {
  const see = async () => (await admin.pubsub('NUMSUB', SCORES))[1] === 1 && (await admin.call('PUBSUB', 'NUMPAT')) === 1
  await eventually('the server is subscribed at the first Redis, once', see, 20_000)
}

/** A fault with an open stream of eps. What each place shows is in the row of docs/operations.md whose name is the title of the test. */
async function begin(title: string) {
  const row = faultRows().find(({ fault }) => fault === title)
  if (row === undefined) throw new Error(`docs/operations.md has no fault "${title}"`)
  await untilState('ready')
  const feeder = await aFeeder(redis.url)
  const eps = await openClient(server, { path: '/subscribe/eps' })
  const [before, logStart] = [await scrapeOf(server), server.output.length]
  const log = () => server.output.slice(logStart)
  return {
    eps,
    feeder,
    log,
    /** The fault is there, and lasts. */
    async untilSeen(): Promise<void> {
      await untilState(row.health[0])
      if (!row.metrics.includes(REPORT_FAILURES)) return
      const hasFailed = async () => (await scrapeOf(server)).value(REPORT_FAILURES) > before.value(REPORT_FAILURES)
      await eventually('a report has failed', hasFailed)
    },
    /** The fault is over: everything that Redis has delivered is in the stream, once, and nothing else. */
    async end(delivered: ReadonlyMap<string, number> = new Map()): Promise<void> {
      await untilSubscribed()
      await untilState(row.health.at(-1))
      await Promise.all(Array.from({ length: 20 }, () => feeder.update('AFTER')))
      await expectExactSums([eps], added(delivered, new Map([['AFTER', 20]])), feeder)
      for (const part of row.log) await eventually(`the log has ${part}`, () => log().includes(part))
      const after = await scrapeOf(server)
      for (const name of row.metrics) expect([name, after.value(name) > before.value(name)]).toEqual([name, true])
    },
  }
}

describe('Redis', () => {
  it('loses the connection before it confirms the subscription, again and again', async ({ task }) => {
    const fault = await begin(task.name)
    const fake = await FakeRedis.start(([name], socket) => {
      if (name === 'SUBSCRIBE') socket.destroy()
      return undefined
    })
    switchTo(fake.port)
    await eventually(
      'it has lost more connections than ioredis retries a command',
      () => (fake.commands.get('SUBSCRIBE') ?? 0) > 20,
      20_000,
    )
    await fault.untilSeen()
    switchTo(redis.port)
    await fault.end()
  })

  it('sends garbage or half a reply', async ({ task }) => {
    const kinds = [
      '*0\r\n',
      '*-1\r\n',
      '$-1\r\n',
      ':1\r\n',
      '*1\r\n$-1\r\n',
      '*3\r\n$9\r\nsubscribe\r\n$-1\r\n:1\r\n',
      '!\r\n\r\n',
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      '\x15\x03\x01\x00\x02\x02\x46',
    ]
    /** These follow a whole subscription. */
    const late = [
      array(bulk('message'), bulk(SCORES)),
      '*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$-1\r\n',
      '*4\r\n$8\r\npmessage\r\n$-1\r\n$-1\r\n$-1\r\n',
      `+${'a private post'.repeat(100)}\r\n`,
      '*0\r\n',
      array(bulk('message'), bulk(SCORES), '$100\r\nhalf'),
    ]
    const fault = await begin(task.name)
    let [kind, sent] = ['', 0]
    const fake = await FakeRedis.start((command, socket) => {
      const isLate = late.includes(kind)
      if (command[0] !== (isLate ? 'PSUBSCRIBE' : 'SUBSCRIBE')) return undefined
      sent++
      // Whole replies and the broken one end with the connection.
      setImmediate(() => socket.end())
      return (isLate ? acknowledgement(command) : '') + kind
    })
    for (kind of [...kinds, ...late]) {
      sent = 0
      switchTo(fake.port)
      await eventually(`${JSON.stringify(kind)} has come several times`, () => sent > 2)
    }
    switchTo(redis.port)
    await fault.end()
    expect(fault.log()).not.toContain('private post')
  })

  it('knows no HELLO, and speaks RESP2 alone', async ({ task }) => {
    const fault = await begin(task.name)
    const fake = await FakeRedis.start()
    switchTo(fake.port)
    await eventually('the server subscribes', () => (fake.commands.get('PSUBSCRIBE') ?? 0) > 0)
    await untilState('ready')
    for (let n = 0; n < 400; n++) fake.publish(SCORES, 'A')
    await fault.eps.until('all of them', ({ counts }) => counts.get('A') === 400)
    await eventually('it is asked for a PONG', () => (fake.commands.get('PING') ?? 0) > 0)
    switchTo(redis.port)
    await fault.end(new Map([['A', 400]]))
    expect(fault.log()).not.toContain('HELLO')
  })

  it('is a Sentinel', async ({ task }) => {
    const fault = await begin(task.name)
    const port = await freePort()
    const files = { 'sentinel.conf': `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${redis.port} 1\n` }
    const sentinel = await Child.spawn('redis-server', ['sentinel.conf', '--sentinel'], process.env, files)
    onTestFinished(async () => void (await sentinel.kill()))
    switchTo(port)
    await fault.untilSeen()
    switchTo(redis.port)
    await fault.end()
  })

  it('loads its data', async ({ task }) => {
    const folder = mkdtempSync(join(tmpdir(), 'emojitrack-rdb-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const other = await aRedis({ args: ['--dir', folder] })
    const loader = aConnection(other.url)
    await loader.mset(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`key-${n}`, 'x'.repeat(1000)])))
    await loader.save()
    const fault = await begin(task.name)
    // One key takes 2 ms, and commands are answered between two KB of the file.
    const slowly = ['--dir', folder, '--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024']
    let isLoaded = false
    const loaded = other.restart(slowly).then(() => {
      isLoaded = true
    })
    switchTo(other.port)
    await fault.untilSeen()
    expect(isLoaded).toBe(false)
    await loaded
    await untilState('ready')
    const feeder = await aFeeder(other.url)
    await feeder.update('LOADED')
    await fault.eps.until('its update', ({ counts }) => counts.has('LOADED'))
    switchTo(redis.port)
    await fault.end(new Map([['LOADED', 1]]))
  })

  // Before the next one, which causes READONLY as well: the log has that once a minute.
  it('has become a replica, behind an address that leads to the new master', async ({ task }) => {
    const fault = await begin(task.name)
    const master = await aRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    const [commands, feeder] = [aConnection(master.url), await aFeeder(master.url)]
    endpoint.retarget(master.port)
    target = master.port
    await admin.replicaof('127.0.0.1', master.port)
    await eventually('the node reports to the new master', async () => (await commands.hlen(REPORTS)) === 1)
    const see = async () => (await admin.info('replication')).includes('master_link_status:up')
    await eventually('the replica follows it', see, 20_000)
    await feeder.update('REPLICATED')
    await fault.eps.until('its update', ({ counts }) => counts.has('REPLICATED'))
    await admin.replicaof('NO', 'ONE')
    switchTo(redis.port)
    await fault.end(new Map([['REPLICATED', 1]]))
  })

  it('is a replica that has lost its master (MASTERDOWN)', async ({ task }) => {
    const fault = await begin(task.name)
    await admin.config('SET', 'replica-serve-stale-data', 'no')
    await admin.replicaof('127.0.0.1', NO_PORT)
    await fault.untilSeen()
    await admin.replicaof('NO', 'ONE')
    await admin.config('SET', 'replica-serve-stale-data', 'yes')
    await fault.end()
  })

  it('ends the connection because its output buffer is full', async ({ task }) => {
    const fault = await begin(task.name)
    await admin.config('SET', 'client-output-buffer-limit', 'pubsub 1mb 512kb 5')
    await server.pause()
    const subscribers = async () =>
      String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'))
        .split('\n')
        .filter(Boolean).length
    const cut = async () => {
      await Promise.all(Array.from({ length: 16 }, () => fault.feeder.publish(DETAILS, 'x'.repeat(65_536))))
      return (await subscribers()) === 0
    }
    await eventually('it ends the connection', cut, 20_000)
    server.resume()
    await eventually('the server is back', async () => (await subscribers()) === 1)
    await admin.config('SET', 'client-output-buffer-limit', 'pubsub 32mb 8mb 60')
    await fault.end()
  })

  it('has no place for another client (maxclients)', async ({ task }) => {
    const fault = await begin(task.name)
    await admin.config('SET', 'maxclients', '1')
    endpoint.resetAll()
    await fault.untilSeen()
    await eventually('the log has the reason', () => fault.log().includes('max number of clients'))
    await admin.config('SET', 'maxclients', '10000')
    await fault.end()
  })

  it('publishes 50,000 updates a second', async ({ task }) => {
    const [batches, size] = [600, 500]
    const fault = await begin(task.name)
    const start = performance.now()
    for (let batch = 0; batch < batches; batch++) {
      await admin.eval(`for n = 1, ${size} do redis.call('PUBLISH', '${SCORES}', 'E' .. n % 100) end`, 0)
      await delay(Math.max(0, start + (batch * 1000 * size) / 50_000 - performance.now()))
    }
    await fault.end(new Map(Array.from({ length: 100 }, (_, n) => [`E${n}`, (batches * size) / 100])))
  })

  it('publishes 100,000 new ids at once', async ({ task }) => {
    const fault = await begin(task.name)
    await admin.eval(`for n = 1, 100000 do redis.call('PUBLISH', '${SCORES}', 'new-' .. n) end`, 0)
    await fault.end(new Map(Array.from({ length: 100_000 }, (_, n) => [`new-${n + 1}`, 1])))
  })

  it('is half a second away', async ({ task }) => {
    const fault = await begin(task.name)
    endpoint.latencyMs = 500
    endpoint.resetAll()
    await fault.untilSeen()
    await untilState('ready')
    await fault.end()
  })

  it('sends its bytes one by one', async ({ task }) => {
    const fault = await begin(task.name)
    endpoint.pieceBytes = 1
    endpoint.resetAll()
    await eventually('the connection is lost', () => fault.log().includes('connecting'))
    await untilState('ready')
    await Promise.all(Array.from({ length: 100 }, (_, n) => fault.feeder.update(`id-${n % 10}`)))
    await fault.end(new Map(Array.from({ length: 10 }, (_, n) => [`id-${n}`, 10])))
  })
})
