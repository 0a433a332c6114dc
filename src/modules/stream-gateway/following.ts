import type { Audience, Receiver } from './audience.js'

/** Who follows a log: an eps subscriber itself, or a subscriber's part in a plug-in's namespace. */
export interface Following extends Receiver {
  /** The position up to which it has got what the log holds. */
  cursor: number
  readonly audience: Audience
  /** False while something waits in its queue, and once it is closed. */
  readonly isReady: boolean
  /** Posts one frame that stands for more than one flush. */
  conflate(bytes: Buffer, nowMs: number): void
  close(reason: 'slow'): void
}

/** What is followed. Positions only grow. */
export interface FollowedLog {
  readonly position: number
  /** The lowest cursor that can still be served. */
  readonly oldest: number
}

/** The data of `(from, to]`, growing backwards: one serves any number of cursors, newest first. */
export interface Digest {
  /** Forgets everything and stands at `to`, empty. */
  reset(to: number): Digest
  /** Grows back to `from`; false where the log no longer holds all of that. */
  extendTo(from: number): boolean
  toData(): Buffer
}
