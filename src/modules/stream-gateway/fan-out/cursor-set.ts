import { hasIds } from '../../../common/core/sse-frame.js'
import type { CursorLog, Digest, Piece } from '../../../common/score-log/digest.js'
import { Cursor, type CursorOwner, type CursorSubscriber } from './cursor.js'
import { CLOSING_COST, type SliceBudget } from './slice.scheduler.js'

/** Encoding a piece costs a slice as much as so many writes. */
const ENCODING_COST = 16
/** So many frames with ids take as long to encode as a write. */
const FRAMES_PER_WRITE = 16

/**
 * The cursors into one log. A round brings them to a position. It serves
 * - cursors at the position of the last round: they share one piece, read once and encoded once per variant;
 * - cursors elsewhere: each gets the piece from where it is, newest cursors first, so that all sums together cost one pass over the log.
 *
 * A round skips a subscriber whose outlet is not drained, and its cursor stays. A cursor moves after its outlet took the bytes. A cursor
 * whose data the log has overwritten closes its subscriber as slow.
 */
export class CursorSet {
  private readonly cursors = new Set<Cursor>()
  /** The cursors as an array for the rounds; null while it is out of date. */
  private snapshot: readonly Cursor[] | null = null
  /** The first cursor of the next round. */
  private rotation = 0
  /** The position that the last round brought its cursors to. */
  private delivered: number

  constructor(
    readonly log: CursorLog,
    readonly digest: Digest,
  ) {
    this.delivered = log.position
  }

  get size(): number {
    return this.cursors.size
  }

  open(subscriber: CursorSubscriber, owner: CursorOwner, position: number, missed: number | null = 0): Cursor {
    const cursor = new Cursor(subscriber, owner, this, position, missed)
    this.cursors.add(cursor)
    this.snapshot = null
    return cursor
  }

  /** Takes a cursor in that was made before it had a place here. */
  add(cursor: Cursor): void {
    this.cursors.add(cursor)
    this.snapshot = null
  }

  remove(cursor: Cursor): void {
    if (this.cursors.delete(cursor)) this.snapshot = null
  }

  [Symbol.iterator](): Iterator<Cursor> {
    return this.cursors.values()
  }

  /** Moves on to a position without a round, where there are no cursors. */
  skip(to: number): void {
    this.delivered = Math.max(this.delivered, to)
  }

  /** The lowest position of a cursor below `to`; `to` where there is none. */
  lowest(to: number): number {
    let lowest = to
    for (const { position } of this.cursors) if (position < lowest) lowest = position
    return lowest
  }

  /**
   * Yields at the end of each slice. The caller commits the last one.
   * @returns whether a ready cursor is still below `to`: the pieces of one round are bounded, and the next round continues
   */
  *round(to: number, budget: SliceBudget): Generator<void, boolean> {
    this.snapshot ??= [...this.cursors]
    const { snapshot, delivered: from } = this
    const { length } = snapshot
    const shared = length > 0 && from < to ? this.digest.read(from, to) : null
    const behind: Cursor[] = []
    const first = length === 0 ? 0 : this.rotation % length
    this.rotation = first + 1 + (length > budget.size + 1 ? budget.size : 0)
    for (let served = 0; served < length; ) {
      const count = Math.min(budget.left, length - served)
      serve(snapshot, (first + served) % length, count, from, to, shared, behind)
      served += count
      if (budget.spend(count)) yield
    }
    this.delivered = shared?.end ?? Math.max(from, to)
    // One round serves the logs of many audiences, each with a row of frames of its own.
    if (shared !== null && shared.messages > 1 && budget.spend(ENCODING_COST)) yield
    const isBehind = behind.length > 0 && (yield* this.serveBehind(behind, from, to, budget))
    return isBehind || this.delivered < to
  }

  private *serveBehind(behind: Cursor[], from: number, to: number, budget: SliceBudget): Generator<void, boolean> {
    behind.sort((a, b) => b.position - a.position)
    let start = Number.NaN
    let piece: Piece | null = null
    let isBehind = false
    for (const cursor of behind) {
      const { subscriber } = cursor
      if (!subscriber.isReady) continue
      let cost = 1
      if (cursor.position !== start) {
        start = cursor.position
        piece = this.digest.read(start, to)
        cost += ENCODING_COST
      }
      if (piece === null) {
        subscriber.close('slow')
        cost = CLOSING_COST
      } else {
        const bytes = bytesFor(cursor, piece)
        if (subscriber.audience.composite !== null) cost += ENCODING_COST
        if (hasIds(subscriber.audience.variant)) cost += Math.floor(piece.messages / FRAMES_PER_WRITE)
        if (this.digest.conflates && start < from) subscriber.conflate(bytes, nowInt())
        else subscriber.post(bytes, piece.messages, nowInt())
        cursor.position = piece.end
        isBehind ||= piece.end < to
      }
      if (budget.spend(cost)) yield
    }
    return isBehind
  }
}

/**
 * A part of a round in one slice. The loop is on its own and tight: it reads each subscriber from memory, and several of those reads
 * overlap.
 */
function serve(
  snapshot: readonly Cursor[],
  start: number,
  count: number,
  from: number,
  to: number,
  shared: Piece | null,
  behind: Cursor[],
): void {
  const nowMs = nowInt()
  let place = start
  for (let left = count; left > 0; left--) {
    const cursor = snapshot[place]
    if (++place === snapshot.length) place = 0
    if (cursor === undefined || cursor.position >= to) continue
    const { subscriber } = cursor
    if (!subscriber.isReady) continue
    if (cursor.position === from && shared !== null) {
      subscriber.post(bytesFor(cursor, shared), shared.messages, nowMs)
      cursor.position = shared.end
    } else behind.push(cursor)
  }
}

/** The bytes of a piece for one subscriber, which are the same for all of its audience but for the positions of other cursors. */
function bytesFor(cursor: Cursor, piece: Piece): Buffer {
  const { variant, composite } = cursor.subscriber.audience
  return composite === null ? piece.frames.for(variant) : composite.bytesFor(cursor, piece)
}

/** Whole ms modulo 2^32: an int32, which V8 passes on without an object of its own. */
const nowInt = () => performance.now() | 0
