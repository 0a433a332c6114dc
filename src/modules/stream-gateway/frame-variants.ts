import type { Audience } from './audience.js'

/** One message as frames: at most one for each variant of audience, encoded when first asked for. */
export class FrameVariants {
  private readonly variants: (Buffer | undefined)[] = []

  /** @param eventName encoded; what the frames are called on a multiplexed stream */
  constructor(
    private readonly data: Buffer,
    private readonly eventName: Buffer,
  ) {}

  for(audience: Audience): Buffer {
    const frame = this.variants[audience.variant] ?? audience.encode(this.data, this.eventName)
    this.variants[audience.variant] = frame
    return frame
  }
}
