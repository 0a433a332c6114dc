import { EPS } from '../../../common/core/namespace.js'
import { encodeEventName, FrameVariants } from '../../../common/core/sse-frame.js'
import type { StreamPosition } from '../../../common/positions/positions.js'
import type { Totals } from '../../../common/positions/totals.js'
import type { CursorLog, Digest, Piece } from '../../../common/score-log/digest.js'
import { Cursor, type CursorOwner, type CursorSubscriber } from '../fan-out/cursor.js'
import { CursorSet } from '../fan-out/cursor-set.js'
import type { SliceBudget } from '../fan-out/slice.scheduler.js'
import type { FollowedId } from './followed-ids.js'

const EPS_NAME = encodeEventName(EPS)

/** The parts of a frame that are not sums. */
export interface FilterFormat {
  readonly idAt: (position: number) => string
  readonly totals: Pick<Totals, 'total' | 'pin' | 'unpin'>
}

/** The part of the fan-out that a filter works with. */
export interface FilterHost {
  readonly format: FilterFormat
  /** The position of the last flush. */
  readonly flushed: number
  /** Where a new cursor starts. */
  readonly newest: number
  /** The position of the flush up to which the sums of the ids are. */
  readonly summed: number
  /** The lowest position that a cursor can have. */
  readonly oldest: number
  follow(id: string, filter: Filter, hasTotals: boolean): FollowedId<Filter>
  remove(filter: Filter, followed: readonly FollowedId<Filter>[], hasTotals: boolean): void
  /** Asks for a round that serves a filter. */
  request(filter: Filter): void
  /** Gives a cursor its sums in the next round. */
  resume(cursor: Cursor, filter: Filter): void
  isResuming(cursor: Cursor): boolean
  /** Returns whether the cursor was about to resume. */
  forget(cursor: Cursor): boolean
  markDrainTarget(): void
  /** True while a flush or a resume is due for a cursor. */
  isPending(cursor: Cursor): boolean
}

/**
 * The subscribers of the same ids, `eps/<id>`: they share their frames. Its positions are those of the score log at which one of its ids
 * has changed. It keeps the sums of its ids at each position at which a cursor is, so that a cursor never depends on the ring.
 */
export class Filter implements CursorLog, Digest, CursorOwner {
  readonly conflates = true
  readonly latest = null
  readonly part = 'eps'
  /** The round that has served it last. */
  servedIn = 0
  private cursors: CursorSet
  private followed: readonly FollowedId<Filter>[] = []
  /** How many cursors it has, with those that resume. */
  private size = 0
  /** Position → the sums of its ids there. */
  private readonly sums = new Map<number, readonly number[]>()

  constructor(
    readonly key: string,
    private readonly ids: readonly string[],
    private readonly hasTotals: boolean,
    private readonly fanOut: FilterHost,
  ) {
    this.cursors = new CursorSet(this, this)
  }

  /** Where its ids have changed last. */
  get position(): number {
    let position = this.oldest
    for (const { changedAt } of this.followed) if (changedAt > position) position = changedAt
    return position
  }

  get oldest(): number {
    return this.fanOut.oldest
  }

  /** A new cursor starts at the last flush; one that starts elsewhere gets its sums from the log in the next round. */
  open(subscriber: CursorSubscriber, start: StreamPosition | null = null): Cursor {
    const { fanOut } = this
    if (this.size++ === 0) this.attach()
    const from = start === null ? fanOut.newest : start.eps
    if (from === fanOut.summed && from === fanOut.flushed) return this.cursors.open(subscriber, this, this.markedPosition())
    const cursor = new Cursor(subscriber, this, this.cursors, from, 0)
    fanOut.resume(cursor, this)
    return cursor
  }

  close(cursor: Cursor): void {
    if (!this.fanOut.forget(cursor)) this.cursors.remove(cursor)
    if (--this.size === 0) this.detach()
  }

  onDrained(cursor: Cursor): void {
    if (cursor.position < this.position) this.fanOut.request(this)
  }

  markDrainTarget(): void {
    this.fanOut.markDrainTarget()
  }

  isPending(cursor: Cursor): boolean {
    return cursor.subscriber.isReady && (this.fanOut.isPending(cursor) || cursor.position < this.position)
  }

  /** Up to where a cursor has the score log: nothing of its ids has come since its own position, or it is behind. */
  scoreAt(cursor: Cursor): number {
    const isBehind = cursor.position < this.position || this.fanOut.isResuming(cursor)
    return isBehind ? cursor.position : this.fanOut.summed
  }

  /** Brings its cursors up to date. */
  *serve(budget: SliceBudget): Generator<void, void> {
    // Cursors that opened in this round wait for the sums of the next one, as do all where the ring has lost updates meanwhile.
    if (this.cursors.size === 0 || this.position > this.fanOut.summed) return
    const to = this.markedPosition()
    yield* this.cursors.round(to, budget)
    this.trim(to)
  }

  /**
   * Takes a cursor in that resumes. The filter is to be served next.
   * @param amountOf the increments of an id since the position of the cursor
   */
  admit(cursor: Cursor, amountOf: (followed: FollowedId) => number): void {
    const amounts = this.followed.map(amountOf)
    if (amounts.some((amount) => amount !== 0)) {
      this.sums.set(
        cursor.position,
        this.followed.map(({ sum }, at) => sum - (amounts[at] ?? 0)),
      )
    } else cursor.position = this.markedPosition()
    this.cursors.add(cursor)
  }

  /** The ids that have changed between two positions at which cursors stand, or at which they are served. */
  read(from: number, to: number): Piece | null {
    const before = this.sums.get(from)
    const after = this.sums.get(to)
    if (from < this.oldest || before === undefined || after === undefined) return null
    const { idAt, totals } = this.fanOut.format
    const members: string[] = []
    for (const [at, { id, jsonKey }] of this.followed.entries()) {
      const amount = (after[at] ?? 0) - (before[at] ?? 0)
      if (amount !== 0) members.push(jsonKey + (this.hasTotals ? totals.total(id) : amount))
    }
    const { summed } = this.fanOut
    return {
      end: to,
      messages: 1,
      positions: [summed],
      frames: FrameVariants.of(Buffer.from(`{${members.join()}}`), EPS_NAME, () => idAt(summed)),
    }
  }

  bytesBehind(): number {
    return 0
  }

  /** Its position, at which the sums of its ids are kept from now on. */
  private markedPosition(): number {
    const { position } = this
    if (!this.sums.has(position))
      this.sums.set(
        position,
        this.followed.map(({ sum }) => sum),
      )
    return position
  }

  private attach(): void {
    this.followed = this.ids.map((id) => this.fanOut.follow(id, this, this.hasTotals))
    this.cursors = new CursorSet(this, this)
  }

  private detach(): void {
    this.fanOut.remove(this, this.followed, this.hasTotals)
    this.followed = []
    this.sums.clear()
  }

  /** Forgets the sums of positions at which no cursor is, but for the one that the cursors were brought to. */
  private trim(to: number): void {
    if (this.sums.size === 1) return
    const used = new Set<number>()
    for (const { position } of this.cursors) if (position !== to) used.add(position)
    for (const position of this.sums.keys()) if (position !== to && !used.has(position)) this.sums.delete(position)
  }
}
