import type { Redis, Result } from 'ioredis'
import type { Emoji } from '../../common/emoji/emoji.js'
import { type UpdateSource, weights } from '../../common/emoji/update-source.js'
import { visible } from '../../common/logging/logger.js'
import { AppError } from '../../common/platform/errors.js'
import { RedisClient, type RedisError, redisCause, refusesDatabase } from '../../common/platform/redis.js'
import type { FeedTarget } from './feed-target.js'

export const SCORE_KEY = 'emojitrack_score'
/** The name of the data, which servers have given it: the epoch of their event ids. */
export const EPOCH_KEY = `${SCORE_KEY}_epoch`

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

/** An update to send. */
export interface Update {
  readonly id: string
  /** A post as JSON. */
  readonly post: string
}

/** The maximum number of unanswered updates; each has about half a kilobyte. */
const MAX_IN_FLIGHT = 10_000

/** Errors at the first login after which a retry is useless. Later on the password may be about to change. */
const LOGIN_ERRORS = /^(WRONGPASS|NOAUTH|NOPERM)\b/
/** The connection for updates, which it sends in pipelines. It reconnects by itself; updates in flight when it breaks have failed. */
export class FeedLink {
  acknowledged = 0
  failed = 0
  /** The error after which the link sends no more updates; null while it works. */
  fatalError: AppError | null = null
  readonly redis: Redis
  private inFlight = 0
  private readonly answers = new Set<Promise<void>>()
  /** The errors reported since the link was last ready. */
  private readonly reported = new Set<string>()

  /** @param note prints errors, and that the link is ready again */
  constructor(
    options: FeedTarget['options'],
    private readonly note: (text: string) => void,
  ) {
    this.redis = new RedisClient(options)
    defineRecordUpdate(this.redis)
    this.redis.on('ready', () => {
      if (this.reported.size > 0) note('connected to Redis')
      this.reported.clear()
    })
  }

  /** The number of updates that may be sent now. */
  get room(): number {
    return this.redis.status === 'ready' ? MAX_IN_FLIGHT - this.inFlight : 0
  }

  /**
   * Connects; without a time limit, until the signal is aborted. A rejected user or password ends the attempt; after the first success it
   * is reported and retried. A rejected database ends the link at any time: see `fatalError`.
   * @throws AppError ERR_REDIS_REFUSED
   */
  async open(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let isOpen = false
      this.redis.once('ready', () => {
        isOpen = true
        resolve()
      })
      signal.addEventListener('abort', () => resolve(), { once: true })
      this.redis.on('error', (error: RedisError) => {
        // ioredis still reports steps that were under way at the disconnect.
        if (this.fatalError !== null) return
        const isOfDatabase = error.command?.name === 'select'
        const isFatal = isOfDatabase ? refusesDatabase(error) : !isOpen && LOGIN_ERRORS.test(error.message)
        if (isFatal) return reject(this.end(error))
        this.report(`no connection to Redis, retrying: ${redisCause(error)}`)
        // ioredis would treat the connection as ready, in database 0.
        if (isOfDatabase) this.redis.disconnect(true)
      })
      // A failure comes as an `error` event as well, and ioredis retries.
      this.redis.connect().catch(() => undefined)
    })
  }

  send(updates: readonly Update[]): void {
    if (updates.length === 0) return
    this.inFlight += updates.length
    const pipeline = this.redis.pipeline()
    for (const { id, post } of updates) pipeline.recordUpdate(SCORE_KEY, postsKey(id), id, post)
    const answer = pipeline.exec().then((results) => {
      this.count(updates.length, results ?? [])
      this.answers.delete(answer)
    })
    this.answers.add(answer)
  }

  /** Waits until each update sent has an answer or has failed. The timeouts of the connection bound the wait. */
  async awaitAnswers(): Promise<void> {
    await Promise.all(this.answers)
  }

  close(): void {
    this.redis.disconnect()
  }

  /** Disconnects permanently, in the same turn. */
  private end(error: RedisError): AppError {
    this.fatalError ??= new AppError('ERR_REDIS_REFUSED', `Redis refuses: ${visible(redisCause(error))}`)
    this.redis.disconnect()
    return this.fatalError
  }

  private count(sent: number, results: readonly (readonly [error: Error | null, result: unknown])[]): void {
    const acknowledged = results.filter(([error]) => error === null).length
    this.acknowledged += acknowledged
    this.failed += sent - acknowledged
    this.inFlight -= sent
    const [error] = results.find(([each]) => each !== null) ?? []
    if (error) this.report(`updates fail: ${redisCause(error)}`)
  }

  /** Reports each error once: every attempt to connect may cause several. */
  private report(text: string): void {
    if (this.reported.has(text)) return
    this.reported.add(text)
    this.note(visible(text))
  }
}
