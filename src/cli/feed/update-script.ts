import type { Redis, Result } from 'ioredis'

export const SCORE_KEY = 'emojitrack_score'

/** The key of an emoji's last posts. */
export const postsKey = (id: string): string => `emojitrack_tweets_${id}`

/** How many of its last posts an emoji keeps. */
export const POSTS_KEPT = 10

/** One update, as the feeder performs it: score, posts and both messages change together or not at all. */
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

/** Teaches a connection, and its pipelines, the command `recordUpdate`. */
export const defineRecordUpdate = (redis: Redis): void => redis.defineCommand('recordUpdate', { lua: RECORD_UPDATE, numberOfKeys: 2 })
