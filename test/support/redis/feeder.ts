import { setTimeout as delay } from 'node:timers/promises'
import { Redis, type Result } from 'ioredis'
import { type Random, seededRandom } from '../../../src/common/core/seeded-random.js'
import { pick } from './emoji-weights.js'
import { added } from './exact-sums.js'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    scoreUpdate(scoreKey: string, detailsKey: string, id: string, details: string): Result<unknown, Context>
  }
}

const SCORE_UPDATE = `
redis.call('ZINCRBY', KEYS[1], 1, ARGV[1])
redis.call('PUBLISH', 'stream.score_updates', ARGV[1])
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, 9)
redis.call('PUBLISH', 'stream.tweet_updates.' .. ARGV[1], ARGV[2])
`

/** How long work may be over before `runDuring` notices. */
const PORTION_S = 0.25

/** How fast and how long to feed: updates per second, and seconds. */
export interface FeedRun {
  readonly perSecond: number
  readonly seconds: number
}

/** Plays the feeder of design.md: for each update one atomic Redis script, over a connection of its own. */
export class Feeder {
  /** Updates of `run` that Redis did not acknowledge; after a lost connection each of them may have happened all the same. */
  unacknowledged = 0
  readonly #redis: Redis
  readonly #random: Random
  #closed = false

  private constructor(redis: Redis, random: Random) {
    this.#redis = redis
    this.#random = random
  }

  /** Connects, and from then on reconnects by itself; `random` decides which ids `run` draws. */
  static async connect(url: string, random: Random = seededRandom(1)): Promise<Feeder> {
    const redis = new Redis(url, {
      lazyConnect: true,
      // No command may be sent twice or late: without an acknowledgement on its own connection, a command has failed.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
    })
    redis.on('error', () => undefined)
    redis.defineCommand('scoreUpdate', { lua: SCORE_UPDATE, numberOfKeys: 2 })
    await redis.connect()
    return new Feeder(redis, random)
  }

  /** Performs one update and waits for Redis to acknowledge it. */
  async update(id: string, details = detailsOf(id)): Promise<void> {
    await this.#redis.scoreUpdate('emojitrack_score', `emojitrack_tweets_${id}`, id, details)
  }

  /** Performs weighted updates at a steady rate and returns how often Redis acknowledged each id. */
  async run({ perSecond, seconds }: FeedRun): Promise<Map<string, number>> {
    const acknowledged = new Map<string, number>()
    const total = Math.round(perSecond * seconds)
    const start = performance.now()
    const batches: Promise<unknown>[] = []
    for (let sent = 0; sent < total && !this.#closed; ) {
      // Absolute deadlines: a late turn sends more, so the rate does not drift.
      const due = Math.min(total, 1 + Math.floor(((performance.now() - start) * perSecond) / 1000))
      const batch = Array.from({ length: due - sent }, () => this.#count(pick(this.#random), acknowledged))
      batches.push(Promise.all(batch))
      sent = due
      await delay(Math.max(1, start + (sent * 1000) / perSecond - performance.now()))
    }
    await Promise.all(batches)
    return acknowledged
  }

  /** As `run`, until some work is done, however long that takes on a busy machine. */
  async runDuring(perSecond: number, work: () => Promise<unknown>): Promise<Map<string, number>> {
    let isOver = false
    const working = work().finally(() => {
      isOver = true
    })
    let acknowledged = new Map<string, number>()
    while (!isOver) acknowledged = added(acknowledged, await this.run({ perSecond, seconds: PORTION_S }))
    await working
    return acknowledged
  }

  /** Publishes any payload on any channel, as a stranger might. */
  async publish(channel: string | Buffer, payload: string | Buffer): Promise<void> {
    await this.#redis.publish(channel, payload)
  }

  /** Ends a `run` under way and the connection. */
  close(): void {
    this.#closed = true
    this.#redis.disconnect()
  }

  async #count(id: string, acknowledged: Map<string, number>): Promise<void> {
    try {
      await this.update(id)
      acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1)
    } catch {
      this.unacknowledged++
    }
  }
}

let serial = 0

/** The post that a detail update carries, in the shape of the original feeder. */
export function detailsOf(id: string): string {
  serial++
  return JSON.stringify({
    id: String(serial),
    text: `post ${serial} with ${id}`,
    screen_name: `user${serial % 1000}`,
    name: `User ${serial % 1000}`,
    links: [],
    profile_image_url: `https://example.invalid/${serial % 1000}.png`,
    created_at: new Date().toISOString(),
  })
}
