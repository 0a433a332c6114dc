import { Redis } from 'ioredis'
import { AppError } from '../../common/platform/errors.js'
import { visible } from '../../common/platform/printable.js'
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

/** Redis says so at the start where trying again is of no use. Later on, a password may be on its way. */
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM)\b/
/** What it says to SELECT where it never will be. */
const NO_DATABASE = /^(ERR (invalid )?DB index|ERR SELECT|NOPERM)\b/

/** As ioredis tells of it: what Redis refuses has the command. */
interface LinkError extends Error {
  readonly command?: { readonly name: string }
}

/** The connection that updates go over, in pipelines. It comes back by itself; what was on its way when it broke has failed. */
export class FeedLink {
  acknowledged = 0
  failed = 0
  /** Why no update is taken any more, never again; null as long as they are. */
  refusal: AppError | null = null
  readonly redis: Redis
  private inFlight = 0
  private readonly answers = new Set<Promise<void>>()
  /** What has been told since Redis was there last. */
  private readonly told = new Set<string>()

  /** Tells what is wrong, and when it is over, by `note`. */
  constructor(
    options: FeedTarget['options'],
    private readonly note: (text: string) => void,
  ) {
    this.redis = new Redis(options)
    defineRecordUpdate(this.redis)
    this.redis.on('ready', () => {
      if (this.told.size > 0) note('Redis is there')
      this.told.clear()
    })
  }

  /** How many updates may be sent now. */
  get room(): number {
    return this.redis.status === 'ready' ? MAX_IN_FLIGHT - this.inFlight : 0
  }

  /**
   * Connects, however long that takes, unless it is aborted. A user or password that is refused ends that; once open it is told, and tried again. A
   * database that is refused ends the link at any time: see `refusal`.
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
      this.redis.on('error', (error: LinkError) => {
        // What ioredis was about to do when it was hung up.
        if (this.refusal !== null) return
        const isOfDatabase = error.command?.name === 'select'
        if (isOfDatabase ? NO_DATABASE.test(error.message) : !isOpen && REFUSALS.test(error.message)) return reject(this.refuse(error))
        this.complain(`no Redis, trying again: ${error.message}`)
        // ioredis would take the connection for ready, in database 0.
        if (isOfDatabase) this.redis.disconnect(true)
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

  /** Hangs up for good, in the same turn. */
  private refuse(error: LinkError): AppError {
    this.refusal ??= new AppError('ERR_REDIS_REFUSED', `Redis refuses: ${visible(error.message)}`)
    this.redis.disconnect()
    return this.refusal
  }

  private count(sent: number, results: readonly (readonly [error: Error | null, result: unknown])[]): void {
    const acknowledged = results.filter(([error]) => error === null).length
    this.acknowledged += acknowledged
    this.failed += sent - acknowledged
    this.inFlight -= sent
    const [error] = results.find(([each]) => each !== null) ?? []
    if (error) this.complain(`updates fail: ${error.message}`)
  }

  /** Says the same thing once: of what Redis refuses each attempt may bring several, in turns. */
  private complain(text: string): void {
    if (this.told.has(text)) return
    this.told.add(text)
    this.note(visible(text))
  }
}
