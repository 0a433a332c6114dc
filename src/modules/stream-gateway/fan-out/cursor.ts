import type { FrameVariants } from '../../../common/core/sse-frame.js'
import type { StreamPosition } from '../../../common/positions/positions.js'
import type { CursorLog, Digest, Piece } from '../../../common/score-log/digest.js'

/** The part of a subscriber that a cursor works with. */
export interface CursorSubscriber {
  /** `composite`: of a stream whose ids have the positions of several cursors; null for any other. */
  readonly audience: { readonly variant: number; readonly composite: PieceEncoder | null }
  readonly cursors: readonly Cursor[]
  /** Open, and its outlet is drained. */
  readonly isReady: boolean
  /** Posts bytes that hold `messages` frames. */
  post(bytes: Buffer, messages: number, nowMs: number): void
  /** Posts one frame that stands for more than one flush. */
  conflate(bytes: Buffer, nowMs: number): void
  close(reason: 'slow'): void
}

/** Encodes a piece for one subscriber. */
export interface PieceEncoder {
  /** @param cursor the cursor that the piece brings on */
  bytesFor(cursor: Cursor, piece: Piece): Buffer
}

/** The owner of the cursors into one log, which brings them up to date. */
export interface CursorOwner {
  /** True where one frame may stand for any number of entries. */
  readonly conflates: boolean
  /** The frames that a new subscriber gets at once; null for none. */
  readonly latest: FrameVariants | null
  /** The part of a stream's position that is its cursor's; null where nobody can resume. */
  readonly part: keyof StreamPosition | null
  /**
   * Makes a cursor for a new subscriber.
   * @param start where it goes on; null for one that gets the entries that come from now on
   */
  open(subscriber: CursorSubscriber, start: StreamPosition | null): Cursor
  close(cursor: Cursor): void
  /** Up to where a cursor has the score log, for an owner whose positions are those of a few of its updates. */
  scoreAt?(cursor: Cursor): number
  /** The subscriber of this cursor has drained. */
  onDrained(cursor: Cursor): void
  /** Records the newest position, the drain target of `isPending`. */
  markDrainTarget(): void
  /** True while a ready subscriber still has to get entries up to the drain target. */
  isPending(cursor: Cursor): boolean
}

/** A subscriber's place in one log: the position up to which it has the entries of the log. */
export class Cursor {
  /** The end of the log when the cursor was opened. */
  private readonly openedAt: number

  /**
   * @param position where it starts
   * @param missed how many entries before it the subscriber has missed; null where that is unknown
   */
  constructor(
    readonly subscriber: CursorSubscriber,
    readonly owner: CursorOwner,
    private readonly source: { readonly log: CursorLog; readonly digest: Digest },
    public position: number,
    readonly missed: number | null,
  ) {
    this.openedAt = source.log.position
  }

  /** True when the log has overwritten entries that the cursor needs. */
  get isLost(): boolean {
    return this.position < this.source.log.oldest
  }

  get bytesBehind(): number {
    return this.source.digest.bytesBehind(this.position)
  }

  /** The same without the entries that it resumed with: a client can't take all of those at once, however fast it is. */
  get newBytesBehind(): number {
    return this.source.digest.bytesBehind(this.newPosition)
  }

  /** Its position, or where it was opened if that is higher. */
  get newPosition(): number {
    return Math.max(this.position, this.openedAt)
  }
}
