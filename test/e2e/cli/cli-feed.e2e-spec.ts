import { describe, expect, it } from 'vitest'
import { feedSummary } from '../../support/redis/feed-summary.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { sum } from '../../support/redis/score-counts.js'
import { aCli, runCli } from '../../support/servers/cli.js'
import { aConnection, aRedis } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

/** Records all messages that are published from now on. */
async function aRecorder(url: string) {
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
    const recorder = await aRecorder(redis.url)
    const { code, printed } = await runCli(['feed', '--redis', redis.url, '--no-seed-data', '--rate', '400', '--duration', '5'])
    expect(code).toBe(0)
    const { due, elapsedS, sent, acknowledged, failed, skipped } = feedSummary(printed)
    expect({ due, elapsedS, failed }).toEqual({ due: 2000, elapsedS: 5, failed: 0 })
    expect(sent + skipped).toBe(due)
    expect(acknowledged).toBe(sent)

    const scores = await scoresOf(redis.url)
    expect(sum(scores)).toBe(acknowledged)
    await eventually('all messages are recorded', () => sum(recorder.scores) === acknowledged)
    expect(recorder.scores).toEqual(scores)
    const connection = aConnection(redis.url)
    for (const [id, score] of scores) {
      const posts = recorder.posts.get(`stream.tweet_updates.${id}`) ?? []
      expect(posts).toHaveLength(score)
      expect(await connection.lrange(`emojitrack_tweets_${id}`, 0, -1)).toEqual(posts.slice(-10).reverse())
    }
    expect(recorder.posts.size).toBe(scores.size)
  })

  it('has the rate of its option, however long it runs, and ends in order on a signal', async () => {
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

  it('gives an empty Redis scores and posts, and leaves what another one has, with the epoch of its servers', async () => {
    const redis = await aRedis()
    const args = ['feed', '--redis', redis.url, '--rate', '1000', '--count', '100', '--seed', '1']
    expect((await runCli(args)).printed).toContain('wrote scores and posts of 858 emoji')
    const scores = await scoresOf(redis.url)
    expect(scores.size).toBe(858)
    const connection = aConnection(redis.url)
    for (const id of scores.keys()) expect(await connection.llen(`emojitrack_tweets_${id}`)).toBe(10)

    await connection.set('emojitrack_score_epoch', 'k3v9q0p2x7')
    const { printed } = await runCli(args)
    expect(printed).toContain('Redis has scores already')
    expect(printed).toContain('servers have named these scores: epoch k3v9q0p2x7\n')
    expect(sum(await scoresOf(redis.url)) - sum(scores)).toBe(100)
  })

  it('feeds again when Redis has been away', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', redis.url, '--no-seed-data'])
    await eventually('it feeds', async () => (await scoresOf(redis.url)).size > 3)
    await redis.kill()
    await eventually('it notices', () => feed.errors.includes('no connection to Redis, retrying: '))
    await redis.restart()
    await eventually('it feeds again', async () => (await scoresOf(redis.url)).size > 3)
    feed.signal('SIGTERM')
    expect((await feed.exited).code).toBe(0)
    const { due, sent, acknowledged, failed, skipped } = feedSummary(feed.printed)
    expect(sent + skipped).toBe(due)
    expect(acknowledged + failed).toBe(sent)
    expect(feed.errors).toContain('connected to Redis')
  })

  it('waits for a Redis that is not there yet', async () => {
    const redis = await aRedis()
    await redis.kill()
    const feed = await aCli(['feed', '--count', '10'], { REDIS_URL: redis.url })
    await eventually('it says so', () => feed.errors.includes('no connection to Redis, retrying: '))
    await redis.restart()
    expect((await feed.exited).code).toBe(0)
    expect(feedSummary(feed.printed).acknowledged).toBe(10)
  })

  it.each(['redis://:hunter2@192.0.2.1:6379', 'rediss://user:hunter2@192.0.2.1', 'redis://:hunter2@host.invalid'])(
    'refuses %s, which is not this machine, without a word about its password',
    async (url) => {
      const { code, printed, errors } = await runCli(['feed', '--redis', url])
      expect(code).toBe(1)
      expect(errors).toContain('use --yes to allow that')
      expect(printed + errors).not.toContain('hunter2')
    },
  )

  it('feeds another machine with --yes', async () => {
    const feed = await aCli(['feed', '--redis', 'redis://:hunter2@host.invalid:6379', '--yes'])
    await eventually('it tries', () => feed.errors.includes('retrying'))
    expect(feed.printed).toContain('feeding redis://host.invalid:6379 with 400/s')
    expect(feed.output).not.toContain('hunter2')
    feed.signal('SIGINT')
    expect((await feed.exited).code).toBe(0)
  })

  it('feeds through a socket of the file system', async () => {
    const path = `/tmp/emojitrack-feed-${process.pid}.sock`
    await aRedis({ args: ['--unixsocket', path] })
    const { code, printed } = await runCli(['feed', '--redis', `unix://${path}`, '--count', '10'])
    expect(code).toBe(0)
    expect(feedSummary(printed).acknowledged).toBe(10)
  })

  it('prints its progress, a line now and then where its output is no terminal', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', redis.url, '--no-seed-data'])
    await eventually('a line of progress', () => /^00:00:0\d {2}[\d.]+\/s {2}\d+ sent$/m.test(feed.printed), 15_000)
    expect(feed.printed).not.toContain('\x1b')
  })
})
