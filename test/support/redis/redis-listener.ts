import type { Redis } from 'ioredis'
import { aConnection } from '../servers/fixtures.js'

/** All updates and details of a Redis in their order, as a plain subscriber gets them. Ends with the test. */
export class RedisListener {
  /** The ids of updates. */
  readonly updates: string[] = []
  /** The data of details. */
  readonly details: string[] = []
  readonly #detailsOf = new Map<string, string[]>()

  private constructor(redis: Redis) {
    redis.on('message', (_channel: string, id: string) => this.updates.push(id))
    redis.on('pmessage', (_pattern: string, channel: string, data: string) => {
      this.details.push(data)
      this.detailsOf(channel.slice('stream.tweet_updates.'.length)).push(data)
    })
  }

  static async start(url: string): Promise<RedisListener> {
    const redis = aConnection(url)
    const listener = new RedisListener(redis)
    await redis.subscribe('stream.score_updates')
    await redis.psubscribe('stream.tweet_updates.*')
    return listener
  }

  /** The data of the details of one id. */
  detailsOf(id: string): string[] {
    const known = this.#detailsOf.get(id) ?? []
    this.#detailsOf.set(id, known)
    return known
  }

  /** The number of updates by id. */
  get counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const id of this.updates) counts.set(id, (counts.get(id) ?? 0) + 1)
    return counts
  }
}
