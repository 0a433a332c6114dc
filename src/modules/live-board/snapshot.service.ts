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
import { ScoreStoreService } from './score-store.service.js'

/** A snapshot has at most so many scores, the highest ones. One turn of the event loop reads and writes as many in a few ms. */
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
   * While Redis is slow, the call joins a read that has begun already, and may get scores of before the call.
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
