import { describe, expect, it } from 'vitest'
import { aConnection, aRedis, aServer } from '../../support/servers/fixtures.js'
import { complaints } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedServer, sharedStack } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const KEY = 'emojitrack_score'
const UNREADABLE = {
  message: 'the scores in Redis can’t be read at the moment: ask again in a while; the streams go on without them',
  error: 'Service Unavailable',
  statusCode: 503,
}

const ask = (server: ServerProcess, method = 'GET') => fetch(`${server.url}/snapshot.json`, { method })

async function scores(server: ServerProcess): Promise<Record<string, number>> {
  const answer = await ask(server)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { scores: Record<string, number> }).scores
}

const untilStatus = (server: ServerProcess, status: number) =>
  eventually(`the snapshot answers ${status}`, async () => (await ask(server)).status === status)

const aStack = sharedStack()
const aDemo = sharedServer()

/** A server that has reached its Redis, which holds nothing. Tests share both. */
async function aSharedReader() {
  const { redis, server } = await aStack()
  const connection = aConnection(redis.url)
  await connection.del(KEY)
  await untilStatus(server, 200)
  return { server, connection }
}

/** A server that has reached its Redis. */
async function aReader(env: Record<string, string> = {}) {
  const redis = await aRedis()
  const server = await aServer({ REDIS_URL: redis.url, ...env })
  await untilStatus(server, 200)
  return { redis, server, connection: aConnection(redis.url) }
}

describe('the snapshot', () => {
  it('has the scores in Redis, whatever the ids, and is for no cache and no page of another origin', async () => {
    const { server, connection } = await aSharedReader()
    await connection.zadd(KEY, 2_345_678_901, '1F602', 3, '2665', 1, '__proto__', 1, '<b>"', 2.5, 'fraction', 1, 'line\nbreak')

    const answer = await ask(server)

    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect(answer.headers.has('access-control-allow-origin')).toBe(false)
    const { source, reported_at, scores } = (await answer.json()) as Record<string, unknown>
    expect(scores).toEqual(JSON.parse('{"1F602":2345678901,"2665":3,"__proto__":1,"<b>\\"":1}'))
    expect(source).toBe('redis')
    expect(Math.abs(Number(reported_at) - Date.now() / 1000)).toBeLessThan(5)
    expect((await ask(server, 'HEAD')).status).toBe(200)
  })

  it('is never older than the question, and read at most once a second, however many ask', async () => {
    const { server, connection } = await aSharedReader()
    const calls = async () => Number(/cmdstat_zrevrange:calls=(\d+)/.exec(await connection.info('commandstats'))?.[1])
    const [before, startMs] = [await calls(), performance.now()]

    for (let round = 1; round <= 3; round++) {
      await connection.zincrby(KEY, 1, 'a')
      for (const seen of await Promise.all(Array.from({ length: 40 }, () => scores(server))))
        expect(seen['a']).toBeGreaterThanOrEqual(round)
    }

    const seconds = (performance.now() - startMs) / 1000
    expect((await calls()) - before).toBeLessThanOrEqual(Math.floor(seconds) + 2)
  })

  it('holds the ten thousand highest', async () => {
    const { server, connection } = await aSharedReader()
    await connection.zadd(KEY, ...Array.from({ length: 10_010 }, (_, index) => [index + 1, `id-${index + 1}`]).flat())
    const ids = Object.keys(await scores(server))
    expect(ids).toHaveLength(10_000)
    expect(ids).toContain('id-10010')
    expect(ids).not.toContain('id-10')
  })

  it('is empty while nothing has been counted', async () => {
    const { server } = await aSharedReader()
    expect(await scores(server)).toEqual({})
  })

  it('says that there is no Redis, where none is configured', async () => {
    expect(await (await ask(await aDemo())).json()).toEqual({ source: 'none', reported_at: expect.any(Number), scores: {} })
  })

  it('is 503 while Redis is away or hangs, tells nothing of it to the world, and comes back', async () => {
    const { redis, server } = await aReader()
    await redis.kill()
    await untilStatus(server, 503)
    const answer = await ask(server)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual(UNREADABLE)
    await redis.restart()
    await untilStatus(server, 200)

    await redis.pause()
    expect((await ask(server)).status).toBe(503)
    redis.resume()
    await untilStatus(server, 200)
  })

  it('is 503 where the key is none of scores; the log says so once', async () => {
    const { server, connection } = await aReader()
    await connection.set(KEY, 'text')
    for (let time = 0; time < 3; time++) expect((await ask(server)).status).toBe(503)
    // A request before the connection to Redis may have logged a warning.
    expect(complaints(server).filter(({ error }) => error !== 'Redis is not connected')).toMatchObject([
      { msg: 'the scores in Redis could not be read', error: expect.stringContaining('WRONGTYPE') },
    ])
  })

  it('comes from every worker', async () => {
    const { server, connection } = await aReader({ WORKERS: '2' })
    await connection.zadd(KEY, 3, '2665')
    await eventually('both have reached Redis', async () => (await Promise.all([1, 2, 3, 4].map(() => ask(server)))).every(({ ok }) => ok))
    for (let time = 0; time < 4; time++) expect(await scores(server)).toEqual({ 2665: 3 })
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
