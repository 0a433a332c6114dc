import type { Redis, Result } from 'ioredis'
import type { Emoji } from '../../common/emoji/emoji.js'
import { type UpdateSource, weights } from '../../common/emoji/update-source.js'

export const SCORE_KEY = 'emojitrack_score'

/** The key of an emoji's newest posts. */
export const postsKey = (id: string): string => `emojitrack_tweets_${id}`

/** The number of posts kept per emoji. */
export const POSTS_KEPT = 10

/** One update, as the feeder performs it: score, posts and both messages in one atomic step. */
const RECORD_UPDATE = `
redis.call('ZINCRBY', KEYS[1], 1, ARGV[1])
redis.call('PUBLISH', 'stream.score_updates', ARGV[1])
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, ${POSTS_KEPT - 1})
redis.call('PUBLISH', 'stream.tweet_updates.' .. ARGV[1], ARGV[2])
`

declare module 'ioredis' {
  interface RedisCommander<Context> {
    recordUpdate(scoreKey: string, postsKey: string, id: string, post: string): Result<unknown, Context>
  }
}

/** Adds the command `recordUpdate` to a connection and its pipelines. */
export const defineRecordUpdate = (redis: Redis): void => redis.defineCommand('recordUpdate', { lua: RECORD_UPDATE, numberOfKeys: 2 })

/** The score of the most popular emoji; the k-th gets 1/k of it. */
const HIGHEST_SCORE = 1_000_000_000
const EMOJI_PER_PIPELINE = 50

/**
 * Writes a score and ten posts for every emoji, the most popular first, and returns true. Does nothing and returns false if Redis has any
 * scores. Nothing is published. The scores are written last, in one command, so that an interrupted run is repeated.
 */
export async function seedData(redis: Redis, emoji: readonly Emoji[], source: UpdateSource): Promise<boolean> {
  if ((await redis.exists(SCORE_KEY)) > 0) return false
  for (let first = 0; first < emoji.length; first += EMOJI_PER_PIPELINE) {
    const pipeline = redis.pipeline()
    for (const each of emoji.slice(first, first + EMOJI_PER_PIPELINE)) {
      const posts = Array.from({ length: POSTS_KEPT }, () => JSON.stringify(source.post(each, new Date())))
      pipeline.lpush(postsKey(each.id), ...posts).ltrim(postsKey(each.id), 0, POSTS_KEPT - 1)
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
  }
  const scores = weights(emoji.length).map((weight) => Math.round(weight * HIGHEST_SCORE))
  await redis.zadd(SCORE_KEY, 'NX', ...emoji.flatMap(({ id }, rank) => [scores[rank] ?? 0, id]))
  return true
}
