import type { Digest, FollowedLog } from './following.js'

const NOTHING = Buffer.alloc(0)

/** A log that holds one entry, the newest: a position counts values, and from wherever a cursor stands the newest is all there is to get. */
export class LatestValue implements FollowedLog, Digest {
  position = 0
  readonly oldest = 0
  private value: Buffer = NOTHING

  replace(value: Buffer): void {
    this.value = value
    this.position++
  }

  reset(): this {
    return this
  }

  extendTo(): boolean {
    return true
  }

  toData(): Buffer {
    return this.value
  }
}
