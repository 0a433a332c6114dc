import type { ScoreLog } from '../../common/score-log/score-log.js'
import { ScoreSummary } from '../../common/score-log/score-summary.js'
import type { Audience } from './audience.js'
import { runInSlices } from './slices.js'
import type { Subscriber } from './subscriber.js'

/** The frames of one summary: at most one for each kind of audience, encoded when first asked for. */
class ScoreFrames {
  private readonly variants: (Buffer | undefined)[] = []

  constructor(private readonly json: Buffer) {}

  for(audience: Audience): Buffer {
    const frame = this.variants[audience.variant] ?? audience.encodeScores(this.json)
    this.variants[audience.variant] = frame
    return frame
  }
}

export interface ScoreFanOutOptions {
  readonly log: ScoreLog
  /** How many subscribers are served in one turn of the event loop. */
  readonly slice: number
  /** Asked before each further slice; true leaves the turn to others. */
  readonly mustWait: () => boolean
  /** A subscriber drained with increments to get: call `run` soon. */
  readonly onLagging: () => void
}

/**
 * Brings the eps subscribers to the position of the last flush. Those at the flush before share one frame. One whose outlet was not drained was
 * skipped and kept its cursor; it gets one frame, the sum since then, and all of those cost a single backward pass over the log.
 * A round that takes longer than the time to the next flush is followed by one that covers more: the rate falls, the sums stay exact.
 */
export class ScoreFanOut {
  private readonly subscribers = new Set<Subscriber>()
  private readonly summary: ScoreSummary
  /** The subscribers as an array for the rounds; null when it has to be made anew. */
  private order: readonly Subscriber[] | null = null
  /** How many rounds have brought increments to subscribers. */
  rounds = 0
  private rotation = 0
  private isRunning = false
  private isAskedAgain = false
  /** The position that the last round brought its subscribers to. */
  private delivered: number
  /** The position of the last flush. */
  private flushed: number

  constructor(private readonly options: ScoreFanOutOptions) {
    const { log } = options
    this.summary = new ScoreSummary(log)
    this.delivered = log.position
    this.flushed = log.position
  }

  /** A new subscriber starts at the last flush, so that it shares its first bytes with the rest. */
  add(subscriber: Subscriber): void {
    subscriber.cursor = this.flushed
    this.subscribers.add(subscriber)
    this.order = null
  }

  remove(subscriber: Subscriber): void {
    if (this.subscribers.delete(subscriber)) this.order = null
  }

  drained(subscriber: Subscriber): void {
    if (subscriber.cursor < this.flushed) this.options.onLagging()
  }

  /** True when the ring has overwritten what the subscriber's cursor needs. */
  hasLost(subscriber: Subscriber): boolean {
    return this.subscribers.has(subscriber) && subscriber.cursor < this.options.log.oldest
  }

  flush(to: number): void {
    this.flushed = to
    this.run()
  }

  run(): void {
    this.isAskedAgain = this.isRunning
    if (this.isRunning) return
    this.isRunning = true
    const to = this.flushed
    const onDone = () => {
      this.isRunning = false
      if (to > this.delivered) this.rounds++
      this.delivered = to
      if (this.isAskedAgain) setImmediate(() => this.run())
    }
    runInSlices(this.round(this.delivered, to), onDone, this.options.mustWait)
  }

  private *round(from: number, to: number): Generator<void, void> {
    this.order ??= [...this.subscribers]
    const { order } = this
    const behind: Subscriber[] = []
    const current = order.length > 0 && this.summary.reset(to).extendTo(from) ? new ScoreFrames(this.summary.toJson()) : null
    let nowMs = performance.now()
    let place = this.rotation % Math.max(1, order.length)
    this.rotation = place + 1 + (order.length > this.options.slice + 1 ? this.options.slice : 0)
    for (let left = order.length; left > 0; left--) {
      const subscriber = order[place]
      if (++place === order.length) place = 0
      if (subscriber?.isReady && subscriber.cursor < to) {
        if (subscriber.cursor === from && current !== null) this.bring(subscriber, to, current, nowMs)
        else behind.push(subscriber)
      }
      if (left % this.options.slice === 0) {
        yield
        nowMs = performance.now()
      }
    }
    if (behind.length > 0) yield* this.catchUp(behind, to)
  }

  private *catchUp(behind: Subscriber[], to: number): Generator<void, void> {
    behind.sort((a, b) => b.cursor - a.cursor)
    this.summary.reset(to)
    let cursor = to
    let frames: ScoreFrames | null = null
    let served = 0
    for (const subscriber of behind) {
      if (!subscriber.isReady) continue
      if (subscriber.cursor !== cursor) {
        cursor = subscriber.cursor
        frames = this.summary.extendTo(cursor) ? new ScoreFrames(this.summary.toJson()) : null
      }
      if (frames === null) subscriber.close('slow')
      else this.bring(subscriber, to, frames, performance.now())
      if (++served % this.options.slice === 0) yield
    }
  }

  private bring(subscriber: Subscriber, to: number, frames: ScoreFrames, nowMs: number): void {
    subscriber.cursor = to
    subscriber.send(frames.for(subscriber.audience), 1, nowMs)
  }
}
