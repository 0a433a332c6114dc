import type { RedisConfig } from '../../common/config/app-config.js'
import { CommandConnection } from '../../common/platform/redis.js'
import { scoresOf } from './scores-of.js'

/** The sorted set id → count that the feeder keeps. */
const KEY = 'emojitrack_score'

/** The scores in Redis, over a connection of its own. */
export class ScoreStore {
  private readonly connection: CommandConnection

  constructor(target: RedisConfig) {
    this.connection = new CommandConnection(target)
  }

  connect(): void {
    this.connection.connect()
  }

  /** The highest scores, at most `limit` of them. */
  async readHighest(limit: number): Promise<Readonly<Record<string, number>>> {
    return scoresOf(await this.connection.ready.zrevrangeBuffer(KEY, 0, limit - 1, 'WITHSCORES'))
  }

  disconnect(): void {
    this.connection.disconnect()
  }
}
