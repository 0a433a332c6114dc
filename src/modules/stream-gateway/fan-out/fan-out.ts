import { EPS, RAW } from '../../../common/core/namespace.js'
import type { FrameVariants } from '../../../common/core/sse-frame.js'
import type { AppEvents } from '../../../common/event-bus/app-events.js'
import type { StreamPosition } from '../../../common/positions/positions.js'
import type { CursorLog, Digest } from '../../../common/score-log/digest.js'
import type { Cursor, CursorOwner, CursorSubscriber } from './cursor.js'
import { CursorSet } from './cursor-set.js'
import type { CatchUp, CatchUpScheduler, SliceScheduler } from './slice.scheduler.js'

/** The name of the fan-out of eps with totals. It is no namespace. */
export const EPS_TOTALS = 'eps totals'

/** The part of a stream's position that is one of the log behind this name; null where nobody can resume. */
export const partOf = (name: string): 'eps' | 'raw' | null => (name === RAW ? RAW : name === EPS || name === EPS_TOTALS ? EPS : null)

/** The services that all fan-outs share. */
export interface FanOutParts {
  readonly slices: Pick<SliceScheduler, 'run' | 'budget' | 'commit'>
  readonly lagging: Pick<CatchUpScheduler, 'request'>
}

/**
 * Brings all cursors into one log to the position of the last flush. One round runs at a time; a flush that comes meanwhile moves the
 * goal of the next one. So when a round takes longer than the time between two flushes, the next covers more: the rate falls, sums stay
 * exact, and memory stays flat.
 */
export class FanOut implements CursorOwner, CatchUp {
  /** The position of the last flush that a whole round has delivered. */
  private finished: number
  private readonly cursors: CursorSet
  /** The position of the last flush. */
  private flushed: number
  /** Where a new cursor starts: the position of the last flush, also of one that comes to this fan-out later. */
  private newest: number
  /** How many rounds have delivered a flush. */
  rounds = 0
  private flushedAtMs = 0
  private hasLagging = false
  private isRunning = false
  private rerunRequested = false
  private drainTarget = Number.NEGATIVE_INFINITY

  /**
   * @param part the part of a stream's position that is its cursor's; null where nobody can resume
   * @param onRound called after each round that has brought a flush to all cursors that keep up
   */
  constructor(
    readonly name: string,
    private readonly log: CursorLog,
    digest: Digest,
    private readonly parts: FanOutParts,
    readonly part: 'eps' | 'raw' | null = null,
    private readonly onRound?: (event: AppEvents['round.finished']) => void,
  ) {
    this.cursors = new CursorSet(log, digest)
    this.flushed = log.position
    this.newest = log.position
    this.finished = log.position
  }

  /** How many cursors it has. */
  get size(): number {
    return this.cursors.size
  }

  /** True where a frame may stand for more than one entry of the log. */
  get conflates(): boolean {
    return this.cursors.digest.conflates
  }

  get latest(): FrameVariants | null {
    return this.cursors.digest.latest ?? null
  }

  /** The position of the last flush. */
  get position(): number {
    return this.flushed
  }

  /** A new cursor starts at the last flush, so that it shares its first bytes with the rest. One that resumes gets the next round. */
  open(subscriber: CursorSubscriber, start: StreamPosition | null = null): Cursor {
    if (start === null) return this.cursors.open(subscriber, this, this.newest)
    // The latest value comes with the head of the stream.
    if (this.part === null) return this.cursors.open(subscriber, this, this.newest, this.latest === null ? null : 0)
    const cursor = this.cursors.open(subscriber, this, start[this.part])
    this.onDrained(cursor)
    return cursor
  }

  close(cursor: Cursor): void {
    this.cursors.remove(cursor)
  }

  onDrained(cursor: Cursor): void {
    if (cursor.position >= this.flushed) return
    this.hasLagging = true
    this.parts.lagging.request(this)
  }

  catchUp(): void {
    if (this.hasLagging) this.run()
  }

  markDrainTarget(): void {
    this.drainTarget = this.log.position
  }

  isPending(cursor: Cursor): boolean {
    return cursor.subscriber.isReady && cursor.position < this.drainTarget
  }

  /** Takes note of a flush that comes to this fan-out later, together with others. */
  postpone(to: number): void {
    this.newest = to
  }

  /** Brings the cursors to `to`, the first slice at once. */
  flush(to: number, atMs: number): void {
    this.flushed = to
    this.newest = to
    this.flushedAtMs = atMs
    // Without cursors a round would cost more than the rest of the turn.
    if (this.cursors.size === 0 && !this.isRunning) {
      this.cursors.skip(to)
      this.finished = to
      this.rounds++
    } else this.run()
  }

  private run(): void {
    this.rerunRequested = this.isRunning
    if (this.isRunning) return
    this.isRunning = true
    this.hasLagging = false
    this.parts.slices.run(this.name, this.round())
  }

  private *round(): Generator<void, void> {
    const { slices } = this.parts
    const { flushed: to, flushedAtMs } = this
    const startMs = performance.now()
    const isBehind = yield* this.cursors.round(to, slices.budget())
    slices.commit()
    this.isRunning = false
    if (to > this.finished) this.finish(to, flushedAtMs, startMs)
    if (isBehind || this.rerunRequested) setImmediate(() => this.run())
  }

  private finish(to: number, flushedAtMs: number, startMs: number): void {
    this.finished = to
    this.rounds++
    if (this.cursors.size === 0) return
    const nowMs = performance.now()
    this.onRound?.({ flushedAtMs, tookMs: nowMs - startMs, lagMs: nowMs - flushedAtMs })
  }
}
