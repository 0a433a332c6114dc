import type { LimitsConfig } from '../../common/config/app-config.js'
import type { Tally } from '../../common/relay/tally.js'
import { addressBlock } from './address-block.js'
import type { TokenBucket } from './token-bucket.js'

/** The key of all streams; those of addresses hold a dot or a colon. */
const STREAMS = 'streams'

/** Counts places: who gets one, and why not. A bound over all workers holds as exactly as the tally does. */
export class Limits {
  private taken = 0

  /** @param bucket this worker's part of the rate; null for no bound */
  constructor(
    private readonly config: LimitsConfig,
    private readonly tally: Tally,
    private readonly bucket: TokenBucket | null,
  ) {}

  /** Takes a place, to be given back by `release`, or says why there is none. */
  admit(address: string, nowMs: number): 'full' | 'per-address' | 'rate' | null {
    const { maxConnections, maxConnectionsHere, maxConnectionsPerIp } = this.config
    const block = this.blockOf(address)
    if (this.taken >= maxConnectionsHere || this.tally.total(STREAMS) >= maxConnections) return 'full'
    if (block !== '' && this.tally.total(block) >= maxConnectionsPerIp) return 'per-address'
    if (this.bucket?.take(nowMs) === false) return 'rate'
    this.count(block, 1)
    return null
  }

  release(address: string): void {
    this.count(this.blockOf(address), -1)
  }

  private count(block: string, change: number): void {
    const { maxConnections, maxConnectionsPerIp } = this.config
    this.taken += change
    if (maxConnections < Number.POSITIVE_INFINITY) this.tally.add(STREAMS, change, maxConnections)
    if (block !== '') this.tally.add(block, change, maxConnectionsPerIp)
  }

  /** '' where addresses aren't counted, or this one isn't known. */
  private blockOf(address: string): string {
    return this.config.maxConnectionsPerIp < Number.POSITIVE_INFINITY ? addressBlock(address) : ''
  }
}
