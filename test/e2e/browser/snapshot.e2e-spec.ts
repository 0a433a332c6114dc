import { get, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { scoresOf } from '../../support/redis/redis-scores.js'
import type { RedisServer } from '../../support/redis/redis-server.js'
import { aConnection, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { complaints } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedServer, sharedStack } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const KEY = 'emojitrack_score'
const MANY = 10_010
const UNKNOWN = {
  message: 'this node has not read the scores in Redis yet: ask again in a while; the streams go on without them',
  error: 'Service Unavailable',
  statusCode: 503,
}

interface Document {
  readonly source: string
  readonly reported_at: number
  readonly id: string
  readonly exact: boolean
  readonly scores: Readonly<Record<string, number>>
}

const ask = (server: ServerProcess, method = 'GET') => fetch(`${server.url}/snapshot.json`, { method })

async function snapshot(server: ServerProcess): Promise<Document> {
  const answer = await ask(server)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Document
}

/** The answer as it comes, not decompressed. */
async function answerTo(server: ServerProcess, headers: Record<string, string>) {
  return await new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
    get(`${server.url}/snapshot.json`, { headers: { ...headers, connection: 'close' } }, (answer) => {
      buffer(answer).then((body) => resolve({ status: answer.statusCode, headers: answer.headers, body }), reject)
    }).on('error', reject)
  })
}

const untilStatus = (server: ServerProcess, status: number) =>
  eventually(`the snapshot answers ${status}`, async () => (await ask(server)).status === status)

const aStack = sharedStack()
const aDemo = sharedServer()

/** A server that has read this Redis. */
async function aReader(redis: RedisServer, env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await aServer({ REDIS_URL: redis.url, ...env })
  await untilStatus(server, 200)
  return server
}

describe('the snapshot', () => {
  it('has all scores in Redis, whatever the ids; costs Redis nothing however many ask; and is compressed for those who take that', async () => {
    const redis = await aRedis()
    const connection = aConnection(redis.url)
    const many = Array.from({ length: MANY }, (_, index) => [index + 1, `id-${index + 1}`])
    await connection.zadd(KEY, ...many.flat(), 2_345_678_901, '1F602', 1, '__proto__', 1, '<b>"', 1, 'line\nbreak')
    const server = await aReader(redis)
    const calls = async () => (await connection.info('commandstats')).match(/^cmdstat_z.*:calls=\d+/gm)

    const before = await calls()
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(server)))
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(others)).toEqual(new Set([first]))
    expect(await calls()).toEqual(before)

    const { source, reported_at, scores } = JSON.parse(first ?? '') as Document
    const expected = JSON.parse('{"1F602":2345678901,"__proto__":1,"<b>\\"":1}') as object
    expect(scores).toEqual({ ...Object.fromEntries(many.map(([score, id]) => [id, score])), ...expected, ['__proto__']: 1 })
    expect(source).toBe('redis')
    expect(Math.abs(reported_at - Date.now() / 1000)).toBeLessThan(60)
    const headers = Object.fromEntries(answers[0]?.headers ?? [])
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
      etag: expect.stringMatching(/^"[\w-]+"$/),
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect((await ask(server, 'HEAD')).status).toBe(200)

    const plain = await answerTo(server, {})
    const gzip = await answerTo(server, { 'accept-encoding': 'gzip' })
    expect([plain.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual([undefined, 'gzip'])
    expect(gunzipSync(gzip.body)).toEqual(plain.body)
    expect(gzip.body.length).toBeLessThan(plain.body.length / 2)
    expect(gzip.headers.etag).not.toBe(plain.headers.etag)
    for (const [etag = '', form] of [
      [plain.headers.etag, {}],
      [gzip.headers.etag, { 'accept-encoding': 'gzip' }],
    ] as const) {
      const again = await answerTo(server, { ...form, 'if-none-match': `"other", W/${etag}` })
      expect([again.status, again.body.length]).toEqual([304, 0])
      expect(again.headers).toMatchObject({ etag, vary: 'accept-encoding', 'cache-control': 'no-cache' })
    }
    expect((await answerTo(server, { 'if-none-match': '"other"' })).status).toBe(200)
  })

  it('is exact at its id: a stream that goes on from there has the rest', async () => {
    const { redis, server, feeder } = await aStack()
    expect(await snapshot(server)).toMatchObject({ source: 'redis', exact: false, scores: {} })
    for (let round = 0; round < 110; round++) await feeder.update(`before-${round % 7}`)
    await eventually('positions are shared', async () => (await snapshot(server)).exact)

    const feeding = feeder.run({ perSecond: 300, seconds: 2 })
    const { id, scores } = await eventually('it has grown', async () => {
      const document = await snapshot(server)
      return Object.values(document.scores).reduce((sum, score) => sum + score, 0) > 300 && document
    })
    const stream = await openClient(server, { path: `/subscribe/eps?last_event_id=${id}` })
    await feeding
    const totals = await scoresOf(redis.url)
    await stream.until('the rest', ({ counts }) => {
      const sums = new Map(Object.entries(scores))
      for (const [each, count] of counts) sums.set(each, (sums.get(each) ?? 0) + count)
      return [...totals].every(([each, total]) => sums.get(each) === total)
    })
    await eventually('so has the next snapshot', async () => {
      expect(new Map(Object.entries((await snapshot(server)).scores))).toEqual(totals)
      return true
    })
  })

  it('counts from the start, where there is no Redis', async () => {
    expect(await snapshot(await aDemo())).toMatchObject({ source: 'demo', exact: true, id: expect.stringMatching(/^[0-9a-z]{8,16}-/) })
  })

  it('is not exact where there are more ids than the server may know', async () => {
    const redis = await aRedis()
    await aConnection(redis.url).zadd(KEY, 1, 'a', 2, 'b', 3, 'c')
    expect(await snapshot(await aReader(redis, { CUT_MAX_IDS: '2' }))).toMatchObject({ exact: false, scores: {} })
  })

  it('is 503 until Redis has been read, tells nothing of it to the world, and stays when Redis goes', async () => {
    const redis = await aRedis()
    await aConnection(redis.url).zadd(KEY, 3, '2665')
    await redis.pause()
    const server = await aServer({ REDIS_URL: redis.url })
    const answer = await ask(server)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual(UNKNOWN)
    redis.resume()
    await untilStatus(server, 200)
    await redis.kill()
    await eventually('the node notices', async () => (await fetch(`${server.url}/health`)).status === 503)
    expect((await snapshot(server)).scores).toEqual({ 2665: 3 })
  })

  it('is 503 where the key is none of scores; the log says so once', async () => {
    const redis = await aRedis()
    await aConnection(redis.url).set(KEY, 'text')
    const server = await aServer({ REDIS_URL: redis.url })
    await eventually('the log says so', () => complaints(server).length > 0)
    for (let time = 0; time < 3; time++) expect((await ask(server)).status).toBe(503)
    expect(complaints(server)).toMatchObject([
      { msg: 'the scores in Redis could not be read', error: expect.stringContaining('WRONGTYPE') },
    ])
  })

  it('comes from every worker', async () => {
    const redis = await aRedis()
    await aConnection(redis.url).zadd(KEY, 3, '2665')
    const server = await aReader(redis, { WORKERS: '2' })
    await eventually('both have read Redis', async () => (await Promise.all([1, 2, 3, 4].map(() => ask(server)))).every(({ ok }) => ok))
    for (let time = 0; time < 4; time++) expect((await snapshot(server)).scores).toEqual({ 2665: 3 })
  })
})

describe('the files of the board', () => {
  it('are the page, which is never cached, and its assets, which never change, under the policy of the admin page', async () => {
    const server = await aDemo()
    const [page, admin] = await Promise.all(['/', '/admin/'].map((path) => fetch(server.url + path)))
    const html = (await page?.text()) ?? ''
    const assets = [...html.matchAll(/"\.\/(assets\/[^"]+)"/g)].map(([, path]) => path)
    expect(page?.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page?.headers.get('cache-control')).toBe('no-store')
    for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy']) {
      expect(page?.headers.get(name)).toBe(admin?.headers.get(name))
    }
    expect(assets.length).toBeGreaterThanOrEqual(3)
    for (const path of assets) {
      const asset = await fetch(`${server.url}/${path}`)
      expect([path, asset.status, asset.headers.get('cache-control')]).toEqual([path, 200, 'public, max-age=31536000, immutable'])
    }
  })

  it.each(['/assets/nope.js', '/assets/', '/assets/..%2fbuild.js', '/assets/..%2f..%2fadmin%2findex.html', '/index.html', '/board'])(
    'have nothing at %s',
    async (path) => {
      const answer = await fetch((await aDemo()).url + path)
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([404, 'no-store'])
      expect(await answer.json()).toMatchObject({ statusCode: 404 })
    },
  )
})
