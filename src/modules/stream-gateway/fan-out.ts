import type { AppEvents } from '../../common/event-bus/app-events.js'
import type { Digest, FollowedLog, Following } from './following.js'
import { FrameVariants } from './frame-variants.js'
import { runInSlices } from './slices.js'

/** What a round brings: the data of `(from, to]`, to all who stand at `from`. */
interface Round<F> {
  readonly from: number
  readonly to: number
  /** Null where the log no longer holds it. */
  readonly frames: FrameVariants | null
  /** Those who stand elsewhere, found on the way. */
  readonly behind: F[]
}

export interface FanOutOptions {
  readonly log: FollowedLog
  readonly digest: Digest
  /** What its frames are called on a multiplexed stream, encoded. */
  readonly eventName: Buffer
  /** How many followers are served in one turn of the event loop. */
  readonly slice: number
  /** Asked before each further slice; true leaves the turn to others. */
  readonly mustWait: () => boolean
  /** Ends the posts of a slice. */
  readonly commit: () => void
  /** A round has brought something to all followers that keep up. */
  readonly onRound: ((event: AppEvents['round.finished']) => void) | undefined
  /** A follower drained with something to get: call `run` soon. */
  readonly onLagging: () => void
}

/**
 * Brings those who follow a log to the position of the last flush. Those at the flush before share one frame. One whose outlet was not drained was
 * skipped and kept its cursor; it gets one frame, the sum since then, and all of those cost a single backward pass over the log.
 * A round that takes longer than the time to the next flush is followed by one that covers more: the rate falls, the sums stay exact.
 * Eps has one, and each plug-in's namespace that is followed; each has followers of one class, so that the loops stay fast.
 */
export class FanOut<F extends Following> {
  private readonly followers = new Set<F>()
  /** The followers as an array for the rounds; null when it has to be made anew. */
  private order: readonly F[] | null = null
  /** How many rounds have brought something to followers. */
  rounds = 0
  /** Somebody has drained with something to get. */
  isLagging = false
  private rotation = 0
  private isRunning = false
  private isAskedAgain = false
  /** The position that the last round brought its followers to. */
  private delivered: number
  /** The position of the last flush. */
  private flushed: number
  private flushedAtMs = 0
  /** The position of the last mark. */
  private marked = Number.NEGATIVE_INFINITY

  constructor(private readonly options: FanOutOptions) {
    const { log } = options
    this.delivered = log.position
    this.flushed = log.position
  }

  /** A new follower starts at the last flush, so that it shares its first bytes with the rest. */
  add(follower: F): void {
    follower.cursor = this.flushed
    this.followers.add(follower)
    this.order = null
  }

  remove(follower: F): void {
    if (this.followers.delete(follower)) this.order = null
  }

  drained(follower: F): void {
    if (follower.cursor >= this.flushed) return
    this.isLagging = true
    this.options.onLagging()
  }

  /** True when the log has overwritten what the follower's cursor needs. */
  hasLost(follower: F): boolean {
    return this.followers.has(follower) && follower.cursor < this.options.log.oldest
  }

  /** Remembers how far the log has come, for `isOwed`. */
  mark(): void {
    this.marked = this.options.log.position
  }

  /** True for one that is about to get what the log held at the last mark. */
  isOwed(follower: F): boolean {
    return follower.isReady && follower.cursor < this.marked
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
    this.isLagging = false
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
    if (this.followers.size === 0) return
    const nowMs = performance.now()
    this.options.onRound?.({ flushedAtMs, tookMs: nowMs - startMs, lagMs: nowMs - flushedAtMs })
  }

  private *round(from: number, to: number): Generator<void, void> {
    this.order ??= [...this.followers]
    const { order } = this
    const { digest, eventName, slice, commit } = this.options
    if (order.length === 0) return
    const frames = digest.reset(to).extendTo(from) ? new FrameVariants(digest.toData(), eventName) : null
    const round: Round<F> = { from, to, frames, behind: [] }
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
  private serve(order: readonly F[], start: number, count: number, { from, to, frames, behind }: Round<F>): void {
    const nowMs = wholeMs()
    let place = start
    for (let left = count; left > 0; left--) {
      const follower = order[place]
      if (++place === order.length) place = 0
      if (follower === undefined || follower.cursor >= to || !follower.isReady) continue
      if (follower.cursor === from && frames !== null) {
        follower.cursor = to
        follower.post(frames.for(follower.audience), 1, nowMs)
      } else behind.push(follower)
    }
  }

  private *catchUp({ behind, from, to }: Round<F>): Generator<void, void> {
    behind.sort((a, b) => b.cursor - a.cursor)
    const { digest, eventName, slice, commit } = this.options
    digest.reset(to)
    let cursor = to
    let frames: FrameVariants | null = null
    let served = 0
    for (const follower of behind) {
      if (!follower.isReady) continue
      if (follower.cursor !== cursor) {
        cursor = follower.cursor
        frames = digest.extendTo(cursor) ? new FrameVariants(digest.toData(), eventName) : null
      }
      if (frames === null) follower.close('slow')
      else {
        follower.cursor = to
        const frame = frames.for(follower.audience)
        if (cursor < from) follower.conflate(frame, wholeMs())
        else follower.post(frame, 1, wholeMs())
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
