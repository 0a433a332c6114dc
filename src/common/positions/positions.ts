import type { ScoreLog } from '../score-log/score-log.js'
import type { PrivateReason, ResetReason } from '../stats/reasons.js'
import { formatId, type IdParts, parseId } from './position-id.js'
import { type LogPlace, PositionMap } from './position-map.js'

/** The positions of this node in reports: `positions` of status.json. Times are whole Unix seconds. */
export interface PositionsStatus {
  readonly mode: 'shared' | 'private'
  readonly epoch: string
  readonly position: number
  /** The oldest position from which a stream of eps or raw can go on. */
  readonly oldest: number
  /** The updates that were missed and healed. */
  readonly healed: number
  readonly since: number
  /** Why positions are private; null where they are shared. */
  readonly reason: PrivateReason | null
}

/** A place in the log and in the details, from which a stream begins or goes on. */
export interface StreamPosition {
  readonly eps: number
  readonly raw: number
  readonly message: MessagePosition
}

/** The details up to the ordinal-th one at a position of the log; null for all of them. */
export interface MessagePosition {
  readonly at: number
  readonly ordinal: number | null
}

/** The place that an id names. `ahead`: this node has not received as many updates yet. */
export type Resolution =
  | ({ readonly kind: 'at' } & StreamPosition)
  | { readonly kind: 'ahead' }
  | { readonly kind: 'reset'; readonly reason: ResetReason }

/**
 * The event ids of this node. Positions of the log are those of this process, and its ids are valid for it alone: they name its private
 * epoch. Where the log is known to hold the same sequence as those of all other nodes, ids name the shared epoch and positions that all
 * nodes have in common (docs/architecture.md, "Positions"). The module Positions decides which.
 */
export class Positions {
  readonly map = new PositionMap()
  /** The epoch that Redis holds; null before the first cut. */
  epoch: string | null = null
  healed = 0
  /** True where totals were given out before the first cut, from which they then begin anew. */
  hasEarlyTotals = false
  /** How often its older ids have become unknown. */
  renewals = 0
  /** True once two cuts have agreed: the map is right, also while newer entries are out of the sequence. */
  isVerified = false
  private privateEpoch: string
  private reason: PrivateReason | null = 'starting'
  private sinceMs: number
  private lastAt = Number.NaN
  private lastId = ''

  /**
   * @param newEpoch makes a name that no other process has: 8 to 16 characters of `[0-9a-z]`
   * @param startMs Unix ms
   */
  constructor(
    private readonly log: ScoreLog,
    private readonly newEpoch: () => string,
    startMs: number,
  ) {
    this.privateEpoch = newEpoch()
    this.sinceMs = startMs
  }

  /** Makes the ids of this process up to now unknown: totals have another basis. */
  renew(): void {
    this.renewals++
    this.privateEpoch = this.newEpoch()
    this.lastAt = Number.NaN
  }

  /** Why positions are private; null where they are shared. */
  get privateReason(): PrivateReason | null {
    return this.reason
  }

  get isShared(): boolean {
    return this.reason === null
  }

  /** Changes the mode; null means that positions are shared. */
  setReason(reason: PrivateReason | null, nowMs: number): void {
    this.lastAt = Number.NaN
    if (reason === this.reason) return
    this.reason = reason
    this.sinceMs = nowMs
  }

  /** The present position of all streams as an id. */
  get id(): string {
    return this.idAt(this.log.position)
  }

  /** The id of a frame behind which a stream of eps or raw is at a position of the log. */
  idAt(at: number): string {
    if (at === this.lastAt) return this.lastId
    this.lastAt = at
    this.lastId = this.compositeId({ eps: at, raw: at, message: { at, ordinal: null } })
    return this.lastId
  }

  /** The id of the `ordinal`-th detail at a position of the log. */
  messageIdAt(at: number, ordinal: number): string {
    return this.compositeId({ eps: at, raw: at, message: { at, ordinal } })
  }

  /** The id of a stream with several cursors. */
  compositeId({ eps, raw, message: { at, ordinal } }: StreamPosition): string {
    const [e, r, m] = this.isVerified ? [eps, raw, at].map((position) => this.map.sharedAt(position)) : [null, null, null]
    if (this.epoch === null || typeof e !== 'number' || typeof r !== 'number' || typeof m !== 'number')
      return formatId({ epoch: this.privateEpoch, eps, raw, message: at, ordinal })
    return formatId({ epoch: this.epoch, eps: e, raw: r, message: m, ordinal })
  }

  /** The place of an id in the log. The log may hold it no longer, where it is an old one of this process. */
  resolve(id: string): Resolution {
    const parts = parseId(id)
    if (parts === null) return { kind: 'reset', reason: 'malformed' }
    const place = this.placesOf(parts)
    if (place === null) return { kind: 'reset', reason: 'unknown' }
    const { ordinal } = parts
    const [eps, raw, message] = place
    if (typeof eps === 'string' || typeof raw === 'string' || typeof message === 'string') {
      if (place.includes('too-old')) return { kind: 'reset', reason: 'too-old' }
      return place.includes('unknown') ? { kind: 'reset', reason: 'unknown' } : { kind: 'ahead' }
    }
    return { kind: 'at', eps: eps.at, raw: raw.at, message: { at: message.at, ordinal } }
  }

  get status(): PositionsStatus {
    const { position, oldest } = this.log
    const shared = this.isShared ? this.map.sharedAt(position) : null
    return {
      mode: shared === null ? 'private' : 'shared',
      epoch: shared === null ? this.privateEpoch : (this.epoch ?? this.privateEpoch),
      position: shared ?? position,
      oldest: shared === null ? oldest : Math.max(this.map.oldest ?? 0, shared - (position - oldest)),
      healed: this.healed,
      since: Math.floor(this.sinceMs / 1000),
      reason: shared === null ? (this.reason ?? 'healing') : null,
    }
  }

  private placesOf({ epoch, eps, raw, message }: IdParts): readonly [LogPlace, LogPlace, LogPlace] | null {
    const { position } = this.log
    if (epoch === this.privateEpoch) {
      const places = [eps, raw, message]
      if (places.some((at) => at > position)) return null
      return [{ at: eps }, { at: raw }, { at: message }]
    }
    if (epoch !== this.epoch || !this.isVerified) return null
    const { map } = this
    return [map.placeOf(eps, position), map.placeOf(raw, position), map.placeOf(message, position)]
  }
}
