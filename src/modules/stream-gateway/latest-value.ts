import type { Digest, FollowedLog } from './following.js'

const NOTHING = Buffer.alloc(0)

/**
 * A log that holds one entry, the newest: a position counts values, and from wherever a cursor stands the newest is all there is to get. A round takes
 * the value that it begins with to all its followers, also while newer ones come: their cursors say that it is the one they have.
 */
export class LatestValue implements FollowedLog, Digest {
  position = 0
  readonly oldest = 0
  private value: Buffer = NOTHING
  /** The value of the round that is under way. */
  private taken: Buffer = NOTHING

  replace(value: Buffer): void {
    this.value = value
    this.position++
  }

  /** A round begins at the present position, and comes back to where it began. */
  reset(to: number): this {
    if (to === this.position) this.taken = this.value
    return this
  }

  extendTo(): boolean {
    return true
  }

  toData(): Buffer {
    return this.taken
  }
}
