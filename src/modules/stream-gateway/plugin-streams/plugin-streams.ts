import { checkEventName, FrameVariants } from '../../../common/core/sse-frame.js'
import {
  type IncrementsNamespace,
  type LatestNamespace,
  MAX_INCREMENT,
  type QueueNamespace,
} from '../../../common/plugin-api/namespaces.js'
import type { CursorLog, Digest, Piece } from '../../../common/score-log/digest.js'
import type { ScoreLog } from '../../../common/score-log/score-log.js'
import type { Discards } from '../../../common/stats/counters.js'
import type { BroadcasterService } from '../fan-out/broadcaster.service.js'
import type { FanOut } from '../fan-out/fan-out.js'
import type { Flushable, PluginFlushScheduler } from './plugin-flush.scheduler.js'

/** How many increments of new ids may wait for the next flush. */
const MAX_WAITING = 65_536

interface Increment {
  readonly id: Uint8Array
  readonly count: number
}

/**
 * A plug-in's increments: a log of their own. The log takes a bounded number of new ids between two flushes; further ones wait for the
 * next flush.
 */
export class IncrementsStream implements IncrementsNamespace, Flushable {
  /** Increments of new ids that the log does not take before the next flush, oldest first. */
  private waiting: Increment[] = []

  constructor(
    private readonly name: string,
    private readonly log: ScoreLog,
    private readonly fanOut: Pick<FanOut, 'flush'>,
    private readonly discards: Pick<Discards, 'count'>,
    private readonly flushes: Pick<PluginFlushScheduler, 'request'>,
  ) {}

  add(id: string | Uint8Array, count = 1): void {
    if (!Number.isInteger(count) || count < 1 || count > MAX_INCREMENT)
      throw new RangeError(`namespace ${this.name}: a count must be a whole number from 1 to ${MAX_INCREMENT}, not ${count}`)
    this.append({ id: typeof id === 'string' ? Buffer.from(id) : id, count })
  }

  flush(atMs: number): void {
    this.log.seal()
    this.fanOut.flush(this.log.position, atMs)
    const { waiting } = this
    this.waiting = []
    for (const increment of waiting) this.append(increment)
  }

  private append({ id, count }: Increment): void {
    const reason = this.log.add(id, count)
    if (reason === 'too-many-new' && this.waiting.length < MAX_WAITING) this.waiting.push({ id: new Uint8Array(id), count })
    else if (reason !== null) {
      this.discards.count(reason)
      return
    }
    this.flushes.request(this)
  }
}

/** A log of one entry, the newest value: a position counts values, and a cursor anywhere below gets the newest. */
export class LatestValueLog implements CursorLog, Digest {
  readonly conflates = true
  readonly oldest = 0
  position = 0
  latest: FrameVariants | null = null

  replace(frames: FrameVariants): void {
    this.latest = frames
    this.position++
  }

  read(): Piece | null {
    return this.latest === null ? null : { end: this.position, messages: 1, frames: this.latest }
  }

  bytesBehind(): number {
    return 0
  }
}

/** A plug-in's latest value. A new subscriber gets it at once. */
export class LatestStream implements LatestNamespace, Flushable {
  /** Published since the last flush. */
  private next: Buffer | null = null

  /** @param eventName encoded */
  constructor(
    private readonly name: string,
    private readonly eventName: Buffer,
    private readonly log: LatestValueLog,
    private readonly fanOut: Pick<FanOut, 'flush'>,
    private readonly broadcaster: Pick<BroadcasterService, 'accepts'>,
    private readonly flushes: Pick<PluginFlushScheduler, 'request'>,
  ) {}

  publish(data: string | Uint8Array): void {
    const value = Buffer.from(data)
    if (!this.broadcaster.accepts(this.name, value.length)) return
    this.next = value
    this.flushes.request(this)
  }

  flush(atMs: number): void {
    if (this.next === null) return
    this.log.replace(FrameVariants.of(this.next, this.eventName))
    this.next = null
    this.fanOut.flush(this.log.position, atMs)
  }
}

/** A plug-in's messages: each reaches every subscriber. */
export class QueueStream implements QueueNamespace {
  private readonly namespaces: readonly [string]

  constructor(
    name: string,
    private readonly broadcaster: Pick<BroadcasterService, 'broadcast'>,
  ) {
    this.namespaces = [name]
  }

  publish(data: string | Uint8Array, eventName?: string): void {
    if (eventName !== undefined) checkEventName(eventName)
    this.broadcaster.broadcast(this.namespaces, data, eventName)
  }
}
