import { Redis } from 'ioredis'
import { AppError } from '../../common/app-error.js'
import { visible } from '../../common/logging/control-characters.js'
import type { FeedTarget } from './feed-target.js'
import { defineRecordUpdate, postsKey, SCORE_KEY } from './update-script.js'

/** An update, ready to be sent. */
export interface Update {
  readonly id: string
  /** A post as JSON. */
  readonly post: string
}

/** The most updates that wait for their answer; each is about half a kilobyte. */
const MAX_IN_FLIGHT = 10_000

/** Redis says so where trying again is of no use. Without a database of that number ioredis would go on in another one. */
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|ERR (invalid )?DB index|ERR SELECT)\b/

/** The connection that updates go over, in pipelines. It comes back by itself; what was on its way when it broke has failed. */
export class FeedLink {
  acknowledged = 0
  failed = 0
  readonly redis: Redis
  private inFlight = 0
  private readonly answers = new Set<Promise<void>>()
  private lastNote = ''

  /** Tells what is wrong, and when it is over, by `note`. */
  constructor(
    options: FeedTarget['options'],
    private readonly note: (text: string) => void,
  ) {
    this.redis = new Redis(options)
    defineRecordUpdate(this.redis)
    this.redis.on('ready', () => {
      if (this.lastNote !== '') note('Redis is there')
      this.lastNote = ''
    })
  }

  /** How many updates may be sent now. */
  get room(): number {
    return this.redis.status === 'ready' ? MAX_IN_FLIGHT - this.inFlight : 0
  }

  /**
   * Connects, however long that takes, unless it is aborted.
   * @throws AppError ERR_REDIS_REFUSED
   */
  async open(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.redis.once('ready', resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
      this.redis.on('error', (error: Error) => {
        if (REFUSALS.test(error.message)) reject(new AppError('ERR_REDIS_REFUSED', `Redis refuses: ${visible(error.message)}`))
        else this.complain(`no Redis, trying again: ${error.message}`)
      })
      // Its failure is an `error` event as well, and it tries again.
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

  /** Waits until all that was sent is answered or has failed, which the timeouts of the connection see to. */
  async drain(): Promise<void> {
    await Promise.all(this.answers)
  }

  close(): void {
    this.redis.disconnect()
  }

  private count(sent: number, results: readonly (readonly [error: Error | null, result: unknown])[]): void {
    const acknowledged = results.filter(([error]) => error === null).length
    this.acknowledged += acknowledged
    this.failed += sent - acknowledged
    this.inFlight -= sent
    const [error] = results.find(([each]) => each !== null) ?? []
    if (error) this.complain(`updates fail: ${error.message}`)
  }

  /** Says the same thing once. */
  private complain(text: string): void {
    if (text === this.lastNote) return
    this.lastNote = text
    this.note(visible(text))
  }
}
