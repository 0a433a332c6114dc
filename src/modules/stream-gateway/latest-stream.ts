import type { LatestNamespace } from '../../common/plugin-api/namespaces.js'
import type { Audience } from './audience.js'
import type { FanOut } from './fan-out.js'
import type { FollowedNamespace, Follower } from './follower.js'
import { FrameVariants } from './frame-variants.js'
import type { LatestValue } from './latest-value.js'
import type { Flushed } from './namespace-flush.js'

/** A plug-in's latest value: each subscriber has a cursor that says which it has. */
export class LatestStream implements LatestNamespace, FollowedNamespace, Flushed {
  /** Published since the last flush. */
  private next: Buffer | null = null
  /** The value of the last flush. */
  private frames: FrameVariants | null = null

  /**
   * @param eventName encoded
   * @param accepts whether a value of so many bytes is taken
   * @param want has it flushed soon
   */
  constructor(
    readonly name: string,
    private readonly eventName: Buffer,
    private readonly log: LatestValue,
    readonly fanOut: FanOut<Follower>,
    private readonly accepts: (name: string, bytes: number) => boolean,
    private readonly want: (stream: Flushed) => void,
  ) {}

  publish(data: string | Uint8Array): void {
    const value = Buffer.from(data)
    if (!this.accepts(this.name, value.length)) return
    this.next = value
    this.want(this)
  }

  present(audience: Audience): Buffer | null {
    return this.frames?.for(audience) ?? null
  }

  flush(atMs: number): void {
    if (this.next === null) return
    this.frames = new FrameVariants(this.next, this.eventName)
    this.log.replace(this.next)
    this.next = null
    this.fanOut.flush(this.log.position, atMs)
  }
}
