import type { LimitsConfig } from '../../../common/config/app-config.js'
import type { Tally } from './tally.js'

/** The key of all streams; keys of addresses hold a dot or a colon. */
const STREAMS = 'streams'
const GROUPS = 8
/** One customer gets a /64 at least (RFC 6177), and may use any address of it. */
const GROUPS_OF_64 = 4

/** Gives each stream a place, or the reason why there is none. A bound over all workers holds as exactly as the tally does. */
export class Limits {
  private taken = 0

  /** @param bucket this worker's part of the rate; null for no bound */
  constructor(
    private readonly config: LimitsConfig,
    private readonly tally: Tally,
    private readonly bucket: TokenBucket | null,
  ) {}

  /** Takes a place, which `release` gives back, or returns why there is none. */
  admit(address: string, nowMs: number): 'full' | 'per-address' | 'rate' | null {
    const { maxConnections, maxConnectionsHere, maxConnectionsPerIp } = this.config
    const block = this.blockOf(address)
    if (this.taken >= maxConnectionsHere || !this.tally.hasRoom(STREAMS, maxConnections)) return 'full'
    if (block !== '' && !this.tally.hasRoom(block, maxConnectionsPerIp)) return 'per-address'
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

  /** '' where addresses are not counted, or this one is unknown. */
  private blockOf(address: string): string {
    return this.config.maxConnectionsPerIp < Number.POSITIVE_INFINITY ? addressBlock(address) : ''
  }
}

/**
 * The block of addresses that counts as one: an IPv4 address itself; of an IPv6 address its /64, as `2001:db8:0:1::/64`; `''` for an
 * unknown one.
 * @param address bare, as sockets give it: valid, no port, IPv4 not mapped
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : GROUPS - before.length - after.length
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after].slice(0, GROUPS_OF_64)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))

/** A rate: so many per second on average, and the number of a whole second at once. Times are monotonic ms. */
export class TokenBucket {
  private readonly capacity: number
  private tokens: number
  private atMs: number

  /** @param perSecond above 0, finite */
  constructor(
    private readonly perSecond: number,
    nowMs: number,
  ) {
    this.capacity = Math.max(1, perSecond)
    this.tokens = this.capacity
    this.atMs = nowMs
  }

  /** Takes a token; false where there is none. */
  take(nowMs: number): boolean {
    this.tokens = Math.min(this.capacity, this.tokens + ((nowMs - this.atMs) * this.perSecond) / 1000)
    this.atMs = nowMs
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }
}
