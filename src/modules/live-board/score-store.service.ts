import type { RedisConfig } from '../../common/config/app-config.js'
import { idFault } from '../../common/core/id-fault.js'
import { CommandConnection } from '../../common/platform/redis.js'

/** The sorted set id → count that the feeder keeps. */
const KEY = 'emojitrack_score'

/** The scores in Redis, over a connection of its own. */
export class ScoreStoreService {
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

/**
 * Parses the answer of ZREVRANGE … WITHSCORES, a flat list of id, score, id, score and so on. Leaves out entries that no stream carries:
 * malformed ids, and scores that are not whole numbers from 1 on.
 */
export function scoresOf(reply: readonly Buffer[]): Readonly<Record<string, number>> {
  const scores: [id: string, score: number][] = []
  for (let at = 0; at + 1 < reply.length; at += 2) {
    const id = reply[at]
    const score = Number(reply[at + 1])
    if (id !== undefined && idFault(id) === null && Number.isSafeInteger(score) && score > 0) scores.push([id.toString(), score])
  }
  // Object.fromEntries makes any id an own key, `__proto__` too.
  return Object.fromEntries(scores)
}
