import type { FrameVariants } from '../core/sse-frame.js'
import type { MessagePosition } from '../positions/positions.js'

/** A part of a log as frames: the entries `(cursor, end]`. */
export interface Piece {
  readonly end: number
  /** How many frames the bytes hold. */
  readonly messages: number
  /** The position of each frame of a row, for a resumable stream; without, the one frame ends at `end`. */
  readonly positions?: readonly number[]
  /** The position of each detail of a row. */
  readonly details?: readonly MessagePosition[]
  readonly frames: FrameVariants
}

/** A log that cursors point into. Positions only grow. */
export interface CursorLog {
  readonly position: number
  /** The lowest cursor that the log can still serve. */
  readonly oldest: number
}

/** Reads a log for cursors. */
export interface Digest {
  /** True where one frame stands for any number of entries: a sum, or the latest value. False where a cursor gets each entry. */
  readonly conflates: boolean
  /** The value that a new subscriber gets at once; only latest values have one. */
  readonly latest?: FrameVariants | null
  /** The next piece for a cursor at `from`, up to `to` at most; null where the log no longer holds it. */
  read(from: number, to: number): Piece | null
  /** The size of the entries after a cursor, in bytes, framing included to within a few bytes each; 0 where they conflate. */
  bytesBehind(cursor: number): number
}

/** The size that a piece of several frames stays within, in bytes without chunk framing. */
export const PIECE_BYTES = 65_536
