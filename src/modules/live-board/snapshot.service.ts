import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { PacedText } from '../../common/platform/coalesce.js'
import { FailureLog } from '../../common/platform/rate-limited-log.js'
import { ScoreStore } from './score-store.js'

/** The most scores that a snapshot holds, the highest ones: what one turn of the event loop reads and writes in a few ms. */
export const MAX_SCORES = 10_000
const ADVICE = 'the user of REDIS_URL needs this as well: ACL SETUSER <user> ~emojitrack_score +zrevrange'

/** `GET /snapshot.json`. `source` is `none` where no Redis is configured; there are no scores then. */
export interface Snapshot {
  readonly source: 'redis' | 'none'
  /** When they were read: whole Unix seconds. */
  readonly reported_at: number
  readonly scores: Readonly<Record<string, number>>
}

/** The scores as they stand in Redis, as JSON. However many ask, they are read at most once a second, and by one command at a time. */
@Injectable()
export class SnapshotService implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly failures: FailureLog
  private readonly paced: PacedText
  private reading: Promise<string> | null = null

  constructor(
    @Inject(ScoreStore) private readonly store: Pick<ScoreStore, 'connect' | 'readHighest' | 'disconnect'> | null,
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
   * A snapshot that was read after the call, so that who opens a stream first misses nothing; null while Redis can't be read. Who joins a read that
   * Redis lets wait may get what was read before it asked.
   */
  async text(): Promise<string | null> {
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
