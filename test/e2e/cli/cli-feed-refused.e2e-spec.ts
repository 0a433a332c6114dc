import { describe, expect, it } from 'vitest'
import { feedSummary } from '../../support/redis/feed-summary.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { aCli, runCli } from '../../support/servers/cli.js'
import { aConnection, aRedis } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

/** How many commands Redis has refused for want of a password, by its section `errorstats`. */
const refusedCommands = (errorStats: string) => Number(/^errorstat_NOAUTH:count=(\d+)/m.exec(errorStats)?.[1] ?? 0)

const connectionsSoFar = (stats: string) => Number(/^total_connections_received:(\d+)/m.exec(stats)?.[1])

describe('the feed, where Redis refuses something', () => {
  it('prints once why a Redis that is back refuses it, and feeds again when it no longer does', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', `${redis.url}/1`, '--no-seed-data'])
    await eventually('it feeds', async () => (await scoresOf(`${redis.url}/1`)).size > 3)
    await redis.restart(['--requirepass', 'correct'])
    const watcher = aConnection(redis.url.replace('//', '//:correct@'))
    await eventually('it has tried several times', async () => refusedCommands(await watcher.info('errorstats')) > 10, 20_000)
    expect(feed.errors.match(/^no connection to Redis, retrying: NOAUTH .*$/gm)).toHaveLength(1)
    expect(feed.exit).toBeUndefined()

    await watcher.config('SET', 'requirepass', '')
    await eventually('it feeds again', async () => (await scoresOf(`${redis.url}/1`)).size > 3)
    expect(feed.errors).toMatch(/connected to Redis\n$/)
  })

  it('gives up where Redis refuses its password', async () => {
    const redis = await aRedis({ args: ['--requirepass', 'correct'] })
    const { code, printed, errors } = await runCli(['feed', '--redis', redis.url.replace('//', '//:hunter2@')])
    expect(code).toBe(1)
    expect(errors).toMatch(/^emojitrack-streamer: Redis refuses: WRONGPASS [^\n]*\n$/)
    expect(printed + errors).not.toContain('hunter2')
  })

  it('ends in failure where a Redis that is back has no such database, and feeds no other one', async () => {
    const redis = await aRedis()
    const feed = await aCli(['feed', '--redis', `${redis.url}/9`, '--no-seed-data'])
    await eventually('it feeds', async () => (await scoresOf(`${redis.url}/9`)).size > 3)
    await redis.restart(['--databases', '2'])
    expect(await feed.exited).toEqual({ code: 1, signal: null })
    expect(feed.errors).toMatch(/^emojitrack-streamer: Redis refuses: ERR DB index is out of range$/m)
    const { due, sent, acknowledged, failed, skipped } = feedSummary(feed.printed)
    expect([sent + skipped, acknowledged + failed]).toEqual([due, sent])
    expect((await scoresOf(redis.url)).size).toBe(0)
  })

  it('ends in failure where Redis took nothing', async () => {
    const redis = await aRedis({ args: ['--maxmemory', '1'] })
    const { code, printed, errors } = await runCli(['feed', '--redis', redis.url, '--no-seed-data', '--count', '10'])
    expect(code).toBe(1)
    expect(feedSummary(printed)).toMatchObject({ sent: 10, acknowledged: 0, failed: 10 })
    expect(errors).toMatch(/^updates fail: OOM [^\n]*\nemojitrack-streamer: Redis accepted none of the updates: [^\n]*\n$/)
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
    expect(feed.errors.match(/^no connection to Redis, retrying: ERR unknown command .*$/gm)).toHaveLength(1)
  })
})
