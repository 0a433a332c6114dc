import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import type { RedisConfig } from '../../common/config/app-config.js'
import { idFault } from '../../common/core/namespace.js'
import { PacedText } from '../../common/platform/coalesce.js'
import { FailureLog } from '../../common/platform/rate-limited-log.js'
import { CommandConnection } from '../../common/platform/redis.js'
import type { NodeState } from '../../common/stats/node-stats.js'

/** The sorted set id → count that the feeder keeps. */
const KEY = 'emojitrack_score'

/** The scores in Redis, over a connection of its own. */
export class ScoreStoreService {
  private readonly connection: CommandConnection

  constructor(target: RedisConfig, node: NodeState) {
    this.connection = new CommandConnection(target, 'scores', node.withoutDatabase)
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

/** The maximum number of scores in a snapshot, the highest ones: one turn of the event loop reads and writes them in a few ms. */
export const MAX_SCORES = 10_000
const ADVICE = 'the user of REDIS_URL needs this as well: ACL SETUSER <user> ~emojitrack_score +zrevrange'

/** The document of `GET /snapshot.json`. Without Redis, `source` is `none` and there are no scores. */
export interface Snapshot {
  readonly source: 'redis' | 'none'
  /** The time of the read, whole Unix seconds. */
  readonly reported_at: number
  readonly scores: Readonly<Record<string, number>>
}

/** The present scores in Redis as JSON. They are read at most once a second, and by one command at a time, however many clients ask. */
@Injectable()
export class SnapshotService implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly failures: FailureLog
  private readonly paced: PacedText
  private reading: Promise<string> | null = null

  constructor(
    @Inject(ScoreStoreService) private readonly store: Pick<ScoreStoreService, 'connect' | 'readHighest' | 'disconnect'> | null,
    timers: SchedulerRegistry,
  ) {
    const logger = new Logger('LiveBoard')
    this.failures = new FailureLog((fields) => logger.warn(fields), 'the scores in Redis could not be read', ADVICE)
    this.paced = new PacedText('snapshot', timers, () => this.readOnce())
  }

  onApplicationBootstrap(): void {
    this.store?.connect()
  }

  beforeApplicationShutdown(): void {
    this.paced.flushWaiters()
  }

  onApplicationShutdown(): void {
    this.store?.disconnect()
  }

  /**
   * A snapshot that is read after the call, so that a client that opens its stream first misses nothing. Null while Redis can't be read.
   * While Redis is slow, the call joins a read that has begun already, and may get older scores.
   */
  async text(): Promise<Buffer | null> {
    this.paced.invalidate()
    try {
      return await this.paced.get()
    } catch (error) {
      this.failures.note(error)
      return null
    }
  }

  private readOnce(): Promise<string> {
    this.reading ??= this.read().finally(() => {
      this.reading = null
    })
    return this.reading
  }

  private async read(): Promise<string> {
    const scores = await (this.store?.readHighest(MAX_SCORES) ?? {})
    const snapshot: Snapshot = { source: this.store === null ? 'none' : 'redis', reported_at: Math.floor(Date.now() / 1000), scores }
    return JSON.stringify(snapshot)
  }
}
