import type { AppEvents } from '../../common/event-bus/app-events.js'
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

/** What a round brings: the updates of `(from, to]`, to all who stand at `from`. */
interface Round {
  readonly from: number
  readonly to: number
  /** Null where the ring no longer holds them. */
  readonly frames: ScoreFrames | null
  /** Those who stand elsewhere, found on the way. */
  readonly behind: Subscriber[]
}

export interface ScoreFanOutOptions {
  readonly log: ScoreLog
  /** How many subscribers are served in one turn of the event loop. */
  readonly slice: number
  /** Asked before each further slice; true leaves the turn to others. */
  readonly mustWait: () => boolean
  /** Ends the posts of a slice. */
  readonly commit: () => void
  /** A round has brought increments to all subscribers that keep up. */
  readonly onRound: ((event: AppEvents['round.finished']) => void) | undefined
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
  private flushedAtMs = 0

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

  flush(to: number, atMs: number): void {
    this.flushed = to
    this.flushedAtMs = atMs
    this.run()
  }

  run(): void {
    this.isAskedAgain = this.isRunning
    if (this.isRunning) return
    this.isRunning = true
    const to = this.flushed
    const flushedAtMs = this.flushedAtMs
    const startMs = performance.now()
    const onDone = () => {
      this.isRunning = false
      if (to > this.delivered) this.finish(to, flushedAtMs, startMs)
      if (this.isAskedAgain) setImmediate(() => this.run())
    }
    runInSlices(this.round(this.delivered, to), onDone, this.options.mustWait)
  }

  private finish(to: number, flushedAtMs: number, startMs: number): void {
    this.delivered = to
    this.rounds++
    if (this.subscribers.size === 0) return
    const nowMs = performance.now()
    this.options.onRound?.({ flushedAtMs, tookMs: nowMs - startMs, lagMs: nowMs - flushedAtMs })
  }

  private *round(from: number, to: number): Generator<void, void> {
    this.order ??= [...this.subscribers]
    const { order } = this
    const { slice, commit } = this.options
    if (order.length === 0) return
    const frames = this.summary.reset(to).extendTo(from) ? new ScoreFrames(this.summary.toJson()) : null
    const round: Round = { from, to, frames, behind: [] }
    let place = this.rotation % order.length
    this.rotation = place + 1 + (order.length > slice + 1 ? slice : 0)
    for (let left = order.length; left > 0; left -= slice) {
      if (left < order.length) yield
      const count = Math.min(slice, left)
      this.serve(order, place, count, round)
      commit()
      place = (place + count) % order.length
    }
    if (round.behind.length > 0) yield* this.catchUp(round)
  }

  /** One slice. A loop of its own, as tight as can be: what it touches of each subscriber comes from memory, and several wait for that at once. */
  private serve(order: readonly Subscriber[], start: number, count: number, { from, to, frames, behind }: Round): void {
    const nowMs = wholeMs()
    let place = start
    for (let left = count; left > 0; left--) {
      const subscriber = order[place]
      if (++place === order.length) place = 0
      if (subscriber === undefined || subscriber.cursor >= to || !subscriber.isReady) continue
      if (subscriber.cursor === from && frames !== null) {
        subscriber.cursor = to
        subscriber.post(frames.for(subscriber.audience), 1, nowMs)
      } else behind.push(subscriber)
    }
  }

  private *catchUp({ behind, from, to }: Round): Generator<void, void> {
    behind.sort((a, b) => b.cursor - a.cursor)
    this.summary.reset(to)
    const { slice, commit } = this.options
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
      else {
        subscriber.cursor = to
        const frame = frames.for(subscriber.audience)
        if (cursor < from) subscriber.conflate(frame, wholeMs())
        else subscriber.post(frame, 1, wholeMs())
      }
      if (++served % slice !== 0) continue
      commit()
      yield
    }
    commit()
  }
}

/** Whole ms: V8 keeps a small integer within the object that has it, and a fraction outside. */
const wholeMs = () => Math.trunc(performance.now())
