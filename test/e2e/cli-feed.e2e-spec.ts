import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { aCli, runCli } from '../support/cli.js'
import { eventually } from '../support/eventually.js'
import { feedSummary } from '../support/feed-summary.js'
import { aConnection, aRedis } from '../support/fixtures.js'
import { sum } from '../support/score-counts.js'

const SCORES = 'emojitrack_score'

/** All scores: id → score; none while Redis is away. */
async function scoresOf(url: string): Promise<Map<string, number>> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    const flat = await redis.zrange(SCORES, '0', '-1', 'WITHSCORES')
    return new Map(flat.flatMap((id, i) => (i % 2 === 0 ? [[id, Number(flat[i + 1])]] : [])))
  } finally {
    redis.disconnect()
  }
}

/** How many commands Redis has refused for want of a password, by its section `errorstats`. */
const refusedCommands = (errorStats: string) => Number(/^errorstat_NOAUTH:count=(\d+)/m.exec(errorStats)?.[1] ?? 0)

const connectionsSoFar = (stats: string) => Number(/^total_connections_received:(\d+)/m.exec(stats)?.[1])

/** Hears all that is published from now on. */
async function anEar(url: string) {
  const scores = new Map<string, number>()
  const posts = new Map<string, string[]>()
  const connection = aConnection(url)
  connection.on('pmessage', (_pattern: string, channel: string, message: string) => {
    if (channel === 'stream.score_updates') scores.set(message, (scores.get(message) ?? 0) + 1)
    else posts.set(channel, [...(posts.get(channel) ?? []), message])
  })
  await connection.psubscribe('*')
  return { scores, posts }
}

describe('the feed', () => {
  it('keeps to its schedule, and scores, last posts and messages agree', async () => {
    const redis = await aRedis()
    const ear = await anEar(redis.url)
    const { code, printed } = await runCli(['feed', '--redis', redis.url, '--no-seed-data', '--rate', '400', '--duration', '5'])
    expect(code).toBe(0)
    const { due, elapsedS, sent, acknowledged, failed, skipped } = feedSummary(printed)
    expect({ due, elapsedS, failed }).toEqual({ due: 2000, elapsedS: 5, failed: 0 })
    expect(sent + skipped).toBe(due)
    expect(acknowledged).toBe(sent)

    const scores = await scoresOf(redis.url)
    expect(sum(scores)).toBe(acknowledged)
    await eventually('all is heard', () => sum(ear.scores) === acknowledged)
    expect(ear.scores).toEqual(scores)
    const connection = aConnection(redis.url)
    for (const [id, score] of scores) {
      const heard = ear.posts.get(`stream.tweet_updates.${id}`) ?? []
      expect(heard).toHaveLength(score)
      expect(await connection.lrange(`emojitrack_tweets_${id}`, 0, -1)).toEqual(heard.slice(-10).reverse())
    }
    expect(ear.posts.size).toBe(scores.size)
  })

  it('has the rate that it is told, however long it runs, and ends in order when asked', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', redis.url, '--no-seed-data', '--rate', '1000'])
    await eventually('it feeds', async () => sum(await scoresOf(redis.url)) > 500)
    feed.signal('SIGINT')
    expect(await feed.exited).toEqual({ code: 0, signal: null })
    const { due, elapsedS, sent, skipped, acknowledged } = feedSummary(feed.printed)
    expect(Math.abs(due - elapsedS * 1000)).toBeLessThanOrEqual(1 + 0.01 * due)
    expect(sent + skipped).toBe(due)
    expect(sum(await scoresOf(redis.url))).toBe(acknowledged)
  })

  it('makes the same updates of the same seed', async () => {
    const run = async () => {
      const redis = await aRedis()
      await runCli(['feed', '--redis', redis.url, '--no-seed-data', '--rate', '5000', '--count', '1000', '--seed', '42'])
      const posts = await aConnection(redis.url).lrange('emojitrack_tweets_1F602', 0, -1)
      const texts = posts.map((post) => ({ ...JSON.parse(post), created_at: null }))
      return { scores: await scoresOf(redis.url), texts }
    }
    const first = await run()
    expect(sum(first.scores)).toBe(1000)
    expect(first.texts).toHaveLength(10)
    expect(await run()).toEqual(first)
  })

  it('gives an empty Redis scores and posts, and leaves what another one has', async () => {
    const redis = await aRedis()
    const args = ['feed', '--redis', redis.url, '--rate', '1000', '--count', '100', '--seed', '1']
    expect((await runCli(args)).printed).toContain('gave scores and posts to 858 emoji')
    const scores = await scoresOf(redis.url)
    expect(scores.size).toBe(858)
    const connection = aConnection(redis.url)
    for (const id of scores.keys()) expect(await connection.llen(`emojitrack_tweets_${id}`)).toBe(10)

    expect((await runCli(args)).printed).toContain('there are scores already')
    expect(sum(await scoresOf(redis.url)) - sum(scores)).toBe(100)
  })

  it('goes on when Redis has been away', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', redis.url, '--no-seed-data'])
    await eventually('it feeds', async () => (await scoresOf(redis.url)).size > 3)
    await redis.kill()
    await eventually('it notices', () => feed.errors.includes('no Redis, trying again: '))
    await redis.restart()
    await eventually('it feeds again', async () => (await scoresOf(redis.url)).size > 3)
    feed.signal('SIGTERM')
    expect((await feed.exited).code).toBe(0)
    const { due, sent, acknowledged, failed, skipped } = feedSummary(feed.printed)
    expect(sent + skipped).toBe(due)
    expect(acknowledged + failed).toBe(sent)
    expect(feed.errors).toContain('Redis is there')
  })

  it('tells once why a Redis that is back refuses it, and feeds again when it does no more', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', `${redis.url}/1`, '--no-seed-data'])
    await eventually('it feeds', async () => (await scoresOf(`${redis.url}/1`)).size > 3)
    await redis.restart(['--requirepass', 'correct'])
    const watcher = aConnection(redis.url.replace('//', '//:correct@'))
    await eventually('it has tried several times', async () => refusedCommands(await watcher.info('errorstats')) > 10, 20_000)
    expect(feed.errors.match(/^no Redis, trying again: NOAUTH .*$/gm)).toHaveLength(1)
    expect(feed.exit).toBeUndefined()

    await watcher.config('SET', 'requirepass', '')
    await eventually('it feeds again', async () => (await scoresOf(`${redis.url}/1`)).size > 3)
    expect(feed.errors).toMatch(/Redis is there\n$/)
  })

  it('ends in failure where a Redis that is back has no such database, and feeds no other one', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', `${redis.url}/9`, '--no-seed-data'])
    await eventually('it feeds', async () => (await scoresOf(`${redis.url}/9`)).size > 3)
    await redis.restart(['--databases', '2'])
    expect(await feed.exited).toEqual({ code: 1, signal: null })
    expect(feed.errors).toMatch(/\nemojitrack-streamer: Redis refuses: ERR DB index is out of range\n$/)
    const { due, sent, acknowledged, failed, skipped } = feedSummary(feed.printed)
    expect([sent + skipped, acknowledged + failed]).toEqual([due, sent])
    expect((await scoresOf(redis.url)).size).toBe(0)
  })

  it('waits for a Redis that is not there yet', async () => {
    const redis = await aRedis()
    await redis.kill()
    const feed = await aCli(['feed', '--count', '10'], { REDIS_URL: redis.url })
    await eventually('it says so', () => feed.errors.includes('no Redis, trying again: '))
    await redis.restart()
    expect((await feed.exited).code).toBe(0)
    expect(feedSummary(feed.printed).acknowledged).toBe(10)
  })

  it.each(['redis://:hunter2@192.0.2.1:6379', 'rediss://user:hunter2@192.0.2.1', 'redis://:hunter2@host.invalid'])(
    'refuses %s, which is not this machine, without a word about its password',
    async (url) => {
      const { code, printed, errors } = await runCli(['feed', '--redis', url])
      expect(code).toBe(1)
      expect(errors).toContain('say --yes if you mean it')
      expect(printed + errors).not.toContain('hunter2')
    },
  )

  it('takes such a one at your word', async () => {
    const feed = await aCli(['feed', '--redis', 'redis://:hunter2@host.invalid:6379', '--yes'])
    await eventually('it tries', () => feed.errors.includes('trying again'))
    expect(feed.printed).toContain('feeding redis://host.invalid:6379 with 400/s')
    expect(feed.output).not.toContain('hunter2')
    feed.signal('SIGINT')
    expect((await feed.exited).code).toBe(0)
  })

  it('gives up where Redis refuses its password', async () => {
    const redis = await aRedis({ args: ['--requirepass', 'correct'] })
    const { code, printed, errors } = await runCli(['feed', '--redis', redis.url.replace('//', '//:hunter2@')])
    expect(code).toBe(1)
    expect(errors).toMatch(/^emojitrack-streamer: Redis refuses: WRONGPASS [^\n]*\n$/)
    expect(printed + errors).not.toContain('hunter2')
  })

  it('ends in failure where Redis took nothing', async () => {
    const redis = await aRedis({ args: ['--maxmemory', '1'] })
    const { code, printed, errors } = await runCli(['feed', '--redis', redis.url, '--no-seed-data', '--count', '10'])
    expect(code).toBe(1)
    expect(feedSummary(printed)).toMatchObject({ sent: 10, acknowledged: 0, failed: 10 })
    expect(errors).toMatch(/^updates fail: OOM [^\n]*\nemojitrack-streamer: Redis took none of the updates: [^\n]*\n$/)
  })

  it('feeds no other database where there is none of that number', async () => {
    const redis = await aRedis()
    const { code, errors } = await runCli(['feed', '--redis', `${redis.url}/99`, '--count', '10'])
    expect(code).toBe(1)
    expect(errors).toBe('emojitrack-streamer: Redis refuses: ERR DB index is out of range\n')
    expect((await scoresOf(redis.url)).size).toBe(0)
  })

  it('feeds no other database while its own can not be had', async () => {
    const redis = await aRedis({ args: ['--rename-command', 'SELECT', ''] })
    const feed = await aCli(['feed', '--redis', `${redis.url}/1`, '--no-seed-data'])
    const watcher = aConnection(redis.url)
    await eventually('it has tried several times', async () => connectionsSoFar(await watcher.info('stats')) > 5)
    expect((await scoresOf(redis.url)).size).toBe(0)
    feed.signal('SIGTERM')
    expect((await feed.exited).code).toBe(0)
    expect(feed.errors.match(/^no Redis, trying again: ERR unknown command .*$/gm)).toHaveLength(1)
  })

  it('feeds through a socket of the file system', async () => {
    const path = `/tmp/emojitrack-feed-${process.pid}.sock`
    await aRedis({ args: ['--unixsocket', path] })
    const { code, printed } = await runCli(['feed', '--redis', `unix://${path}`, '--count', '10'])
    expect(code).toBe(0)
    expect(feedSummary(printed).acknowledged).toBe(10)
  })

  it('tells its progress, a line now and then where nobody sees it move', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', redis.url, '--no-seed-data'])
    await eventually('a line of progress', () => /^00:00:0\d {2}[\d.]+\/s {2}\d+ sent$/m.test(feed.printed), 15_000)
    expect(feed.printed).not.toContain('\x1b')
  })
})
