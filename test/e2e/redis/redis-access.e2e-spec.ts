import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RedisServer } from '../../support/redis/redis-server.js'
import { aConnection, aFeeder, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { statusOf, untilReady } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'
import { afterOpening } from '../../support/wire/opening.js'

const PASSWORD = 'correct-horse'
const WRONG = 'battery-staple'
const USER = 'streamer'
/** The rules that the reports need. */
const REPORTS = ['~admin_stream_status', '+hset', '+hkeys', '+hstrlen', '+hget', '+hdel', '+time', '+eval']
/** The rules that cuts need. */
const CUTS = [
  ...[
    '~emojitrack_score',
    '~emojitrack_score_epoch',
    '+zcard',
    '+zrange',
    '+get',
    '+set',
    '+multi',
    '+exec',
    '+watch',
    '+unwatch',
    '+publish',
  ],
  '&emojitrack.cut.*',
]
const CHANNELS = ['&stream.score_updates', '&stream.tweet_updates.*', '&stream.interaction.*']

describe('a Redis with a password', () => {
  it('is read with the right one', async () => {
    const redis = await aRedis({ args: ['--requirepass', PASSWORD] })
    const url = `redis://:${PASSWORD}@127.0.0.1:${redis.port}`
    const server = await aServer({ REDIS_URL: url })
    await expectStreaming(server, url)
    expect(complaints(server)).toEqual([])
    expect(server.output).not.toContain(PASSWORD)
  })

  it('is read with a password of characters that a URL has to encode', async () => {
    const password = 'p@ss:w/rd?#%25 é'
    const redis = await aRedis({ args: ['--requirepass', password] })
    const url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`
    await expectStreaming(await aServer({ REDIS_URL: url }), url)
  })

  it.each([
    ['a wrong one', `:${WRONG}@`],
    ['none', ''],
  ])('refuses %s: the server stays up, is not ready, and names the cure without a secret', async (_what, credentials) => {
    const redis = await aRedis({ args: ['--requirepass', PASSWORD] })
    const server = await aServer({ REDIS_URL: `redis://${credentials}127.0.0.1:${redis.port}` })
    expect(await untilAdvised(server)).toContain('redis://:password@host')
    await expectUpAndNotReady(server)
    expect(server.output).not.toContain(WRONG)
  })

  it('refuses the user that old URLs carry: the advice is to leave it out', async () => {
    const redis = await aRedis({ args: ['--requirepass', PASSWORD] })
    const server = await aServer({ REDIS_URL: `redis://h:${PASSWORD}@127.0.0.1:${redis.port}` })
    const advice = await untilAdvised(server)
    expect(advice).toContain('redis://:password@host')
    expect(advice).toContain('user')
    await expectUpAndNotReady(server)
    expect(server.output).not.toContain(PASSWORD)
  })

  it('is read as soon as it accepts the password, without a restart', async () => {
    const redis = await aRedis({ args: ['--requirepass', PASSWORD] })
    const server = await aServer({ REDIS_URL: `redis://:${WRONG}@127.0.0.1:${redis.port}` })
    await untilAdvised(server)
    await aConnection(`redis://:${PASSWORD}@127.0.0.1:${redis.port}`).config('SET', 'requirepass', WRONG)
    await expectStreaming(server, `redis://:${WRONG}@127.0.0.1:${redis.port}`)
  })
})

describe('a Redis user of its own', () => {
  it('needs no more than docs/operations.md gives it', async () => {
    const redis = await aRedis()
    const [, rules = ''] = /ACL SETUSER <user> on ><password> (.*)$/m.exec(readFileSync('docs/operations.md', 'utf8')) ?? []
    expect(rules).toBe(['-@all', '+subscribe', '+psubscribe', '+ping', '+info', ...CHANNELS, ...REPORTS, ...CUTS].join(' '))
    await setUser(redis, ...rules.split(' '))
    const server = await aServer({ REDIS_URL: userUrl(redis), ENABLE_KIOSK_INTERACTION_STREAM: 'true' })
    await expectStreaming(server, redis.url)
    expect(await aConnection(redis.url).hkeys('admin_stream_status')).toHaveLength(1)
    expect(await statusOf(server, '/snapshot.json')).toBe(200)
    expect(complaints(server)).toEqual([])
    await server.stop()
    expect(await aConnection(redis.url).hkeys('admin_stream_status')).toEqual([])
  })

  it('that may not report gets a log line with the missing rules; the streams continue', async () => {
    const redis = await aRedis()
    await setUser(redis, '-@all', '+subscribe', '+psubscribe', '+ping', '+info', ...CHANNELS, ...CUTS)
    const server = await aServer({ REDIS_URL: userUrl(redis) })
    await expectStreaming(server, redis.url)
    expect(await untilAdvised(server)).toContain(REPORTS.join(' '))
  })

  it('that may not read the scores gets a log line with the missing right; the snapshot has what came since the start', async () => {
    const redis = await aRedis()
    await aConnection(redis.url).zadd('emojitrack_score', 9, '2665')
    await setUser(redis, '-@all', '+subscribe', '+psubscribe', '+ping', '+info', ...CHANNELS, ...REPORTS, ...CUTS, '-zrange')
    const server = await aServer({ REDIS_URL: userUrl(redis) })
    await expectStreaming(server, redis.url)
    expect(await untilAdvised(server)).toContain('+zrange')
    const answer = await fetch(`${server.url}/snapshot.json`)
    expect(await answer.json()).toMatchObject({ exact: false, scores: { '1F602': 1 } })
  })

  it('without the channels is named in the log; the server follows as soon as they are given', async () => {
    const redis = await aRedis()
    await setUser(redis, '+@all', '~*', 'resetchannels')
    const server = await aServer({ REDIS_URL: userUrl(redis) })
    expect(await untilAdvised(server)).toContain('ACL SETUSER')
    await expectUpAndNotReady(server)
    expect(server.output).not.toContain(PASSWORD)
    await setUser(redis, ...CHANNELS)
    await expectStreaming(server, redis.url)
  })

  it('without the channels is cured by what the log advises', async () => {
    const redis = await aRedis()
    await setUser(redis, '+@all', '~*', 'resetchannels')
    const server = await aServer({ REDIS_URL: userUrl(redis) })
    const [, rules = ''] = /ACL SETUSER <user> (.*)$/.exec(await untilAdvised(server)) ?? []
    await setUser(redis, ...rules.split(' '))
    await expectStreaming(server, redis.url)
  })
})

describe('a database that Redis refuses', () => {
  const REFUSED = { status: 'down', state: 'refused', connections: ['positions', 'reports'] }

  /** A Redis with a score in database 0 and another one in database 3. */
  async function aRedisOfTwo() {
    const redis = await aRedis()
    await aConnection(redis.url).zadd('emojitrack_score', 9, 'WRONG')
    await aConnection(`${redis.url}/3`).zadd('emojitrack_score', 7, 'RIGHT')
    return redis
  }

  const databaseOf = async (server: ServerProcess) => {
    const answer = await fetch(`${server.url}/health`, { headers: { connection: 'close' } })
    return [answer.status, ((await answer.json()) as { details: Record<string, unknown> }).details['database']]
  }

  /** The streams continue; reports and snapshot use no other database. */
  async function expectNoOther(server: ServerProcess, redis: RedisServer) {
    await expectStreaming(server, redis.url)
    await eventually('all connections are refused', async () => expect(await databaseOf(server)).toEqual([503, REFUSED]) ?? true)
    expect(await statusOf(server, '/snapshot.json')).toBe(503)
    const advices = () => complaints(server).map(({ msg, advice }) => [msg, String(advice).includes('+select')])
    for (const msg of ['the scores in Redis could not be read', 'the report could not be written to Redis']) {
      await eventually('the log names the cure', () => expect(advices()).toContainEqual([msg, true]) ?? true)
    }
    expect(await aConnection(redis.url).exists('admin_stream_status')).toBe(0)
  }

  it('because there is none of that number is replaced by no other one', async () => {
    const redis = await aRedisOfTwo()
    await expectNoOther(await aServer({ REDIS_URL: `${redis.url}/99`, REPORT_MS: '500' }), redis)
  })

  it('because the user may not select it is replaced by no other one, and is used once the user may', async () => {
    const redis = await aRedisOfTwo()
    await setUser(redis, '-@all', '+subscribe', '+psubscribe', '+ping', '+info', ...CHANNELS, ...REPORTS, ...CUTS)
    const server = await aServer({ REDIS_URL: `${userUrl(redis)}/3`, REPORT_MS: '500' })
    await expectNoOther(server, redis)

    await setUser(redis, '+select')
    await eventually('all connections have it', async () => expect(await databaseOf(server)).toEqual([200, { status: 'up' }]) ?? true)
    await eventually('it has the scores there', async () => (await statusOf(server, '/snapshot.json')) === 200)
    const answer = await fetch(`${server.url}/snapshot.json`)
    expect(await answer.json()).toMatchObject({ scores: { RIGHT: 7 } })
    await eventually('it reports', async () => (await aConnection(`${redis.url}/3`).hlen('admin_stream_status')) === 1)
    expect(await aConnection(redis.url).exists('admin_stream_status')).toBe(0)
  })
})

describe('a Redis URL', () => {
  it('may name a database: a warning says that pub/sub ignores it', async () => {
    const redis = await aRedis()
    const server = await aServer({ REDIS_URL: `${redis.url}/3` })
    await expectStreaming(server, redis.url)
    expect(complaints(server)).toEqual([expect.objectContaining({ level: 40, msg: expect.stringContaining('database 3') })])
  })

  it('may hold an IPv6 address', async () => {
    const redis = await aRedis({ args: ['--bind', '127.0.0.1', '::1'] })
    await expectStreaming(await aServer({ REDIS_URL: `redis://[::1]:${redis.port}` }), redis.url)
  })
})

/** The user's rules, as `ACL SETUSER` takes them. */
async function setUser(redis: RedisServer, ...rules: string[]): Promise<void> {
  await aConnection(redis.url).call('ACL', 'SETUSER', USER, 'on', `>${PASSWORD}`, ...rules)
}

const userUrl = ({ port }: RedisServer) => `redis://${USER}:${PASSWORD}@127.0.0.1:${port}`

/** The advice of the first complaint that has any. */
function untilAdvised(server: ServerProcess): Promise<string> {
  return eventually('the log names the cure', () => {
    const [advice] = complaints(server).flatMap((line) => (typeof line['advice'] === 'string' ? [line['advice']] : []))
    return advice
  })
}

async function expectUpAndNotReady(server: ServerProcess): Promise<void> {
  expect(await statusOf(server, '/health/live')).toBe(200)
  expect(await statusOf(server, '/health/ready')).toBe(503)
  const client = await openClient(server, { path: '/subscribe/eps' })
  expect(afterOpening(client.body)).toBe('')
}

async function expectStreaming(server: ServerProcess, feederUrl: string): Promise<void> {
  await untilReady(server, true)
  const clients = [await openClient(server, { path: '/subscribe/eps' }), await openClient(server, { path: '/subscribe/details/1F602' })]
  await (await aFeeder(feederUrl)).update('1F602')
  await Promise.all(clients.map((client) => client.until('the update', ({ frames }) => frames === 1)))
}
