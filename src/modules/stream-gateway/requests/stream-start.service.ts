import { Injectable } from '@nestjs/common'
import { DETAILS, detailId, EPS, epsId, isOfEps, RAW } from '../../../common/core/namespace.js'
import { encodeEventName, encodeFrame, FrameVariants } from '../../../common/core/sse-frame.js'
import { parseId } from '../../../common/positions/position-id.js'
import { Positions, type StreamPosition } from '../../../common/positions/positions.js'
import { type Snapshot, Snapshots } from '../../../common/positions/snapshots.js'
import { ScoreLog } from '../../../common/score-log/score-log.js'
import type { ResetReason } from '../../../common/stats/reasons.js'
import { BroadcasterService } from '../fan-out/broadcaster.service.js'
import type { StreamRequest } from './stream-request.js'

const SNAPSHOT_EVENT = encodeEventName('snapshot')

/** Where a stream begins, and how its client learns of that. */
export interface StreamStart {
  /** Null for a stream that begins now, and whose client does not ask where that is. */
  readonly position: StreamPosition | null
  /** The event id of the beginning; null where frames carry no ids. */
  readonly id: string | null
  /** Why the stream does not continue after the id that its client has sent; null where it does, or where there is none. */
  readonly reset: ResetReason | null
  /** The totals at the beginning; null where the client has them, or wants none. */
  readonly snapshot: FrameVariants | null
  /** True where messages may be missing that no log holds. */
  readonly hasGap: boolean
}

const NOW: StreamStart = { position: null, id: null, reset: null, snapshot: null, hasGap: false }

/** Decides where a stream begins: after the id that its client has sent, at a snapshot, or now. */
@Injectable()
export class StreamStartService {
  private latest: Snapshot | null = null
  private frames: FrameVariants | null = null

  constructor(
    private readonly positions: Positions,
    private readonly snapshots: Snapshots,
    private readonly log: ScoreLog,
    private readonly broadcaster: BroadcasterService,
  ) {}

  /**
   * True while this node is behind what the client has: it has received less than another node, or it has just started, and the first cuts
   * are still to come.
   */
  isAhead({ options: { lastEventId, wantsSnapshot } }: StreamRequest): boolean {
    const { positions } = this
    if (positions.privateReason === 'starting') return lastEventId !== null || wantsSnapshot
    return lastEventId !== null && (positions.resolve(lastEventId).kind === 'ahead' || this.isUnverified(lastEventId))
  }

  of({ namespaces, options: { lastEventId, isResumable, wantsSnapshot } }: StreamRequest, nowMs: number): StreamStart {
    if (!isResumable && !wantsSnapshot) return NOW
    const resumed = lastEventId === null ? null : this.resume(namespaces, lastEventId)
    if (resumed !== null && typeof resumed !== 'string')
      return { position: resumed, id: lastEventId, reset: null, snapshot: null, hasGap: namespaces.some(isWithoutPosition) }
    const snapshot = wantsSnapshot ? this.snapshotFor(namespaces, nowMs) : null
    const position = coveredBy(namespaces, {
      eps: snapshot?.at ?? this.broadcaster.eps.position,
      raw: this.log.position,
      message: { at: this.log.position, ordinal: null },
    })
    return {
      position,
      id: isResumable ? this.positions.compositeId(position) : null,
      reset: resumed,
      snapshot: snapshot === null ? null : this.framesOf(snapshot, namespaces.includes(EPS)),
      hasGap: false,
    }
  }

  /** True for an id of the epoch that Redis holds, from after the first cut, before a second one has verified that. */
  private isUnverified(id: string): boolean {
    const { epoch, privateReason, map } = this.positions
    if (privateReason !== 'unverified') return false
    const parts = parseId(id)
    return parts !== null && parts.epoch === epoch && map.oldest !== null && parts.eps >= map.oldest
  }

  /** The position of an id; or why the stream can't continue from there. */
  private resume(namespaces: readonly string[], id: string): StreamPosition | ResetReason {
    const place = this.positions.resolve(id)
    if (place.kind !== 'at') return place.kind === 'ahead' ? 'ahead' : place.reason
    const { oldest } = this.log
    const isLost = (place.eps < oldest && namespaces.some(isOfEps)) || (place.raw < oldest && namespaces.includes(RAW))
    return isLost ? 'too-old' : place
  }

  /** Of all ids, or of the ids of a filter. */
  private snapshotFor(namespaces: readonly string[], nowMs: number): Snapshot {
    if (namespaces.includes(EPS)) return this.snapshots.current(nowMs)
    return this.snapshots.ofIds(namespaces.flatMap((namespace) => epsId(namespace) ?? []))
  }

  /** The frames of a snapshot. One of all ids is encoded once for all streams that begin with it. */
  private framesOf(snapshot: Snapshot, isOfAll: boolean): FrameVariants {
    if (!isOfAll) return framesOf(snapshot)
    if (this.frames === null || this.latest !== snapshot) this.frames = framesOf(snapshot)
    this.latest = snapshot
    return this.frames
  }
}

const framesOf = ({ json }: Snapshot) => new FrameVariants((_isNamed, isChunked) => encodeFrame(json, SNAPSHOT_EVENT, isChunked))
const isOfDetails = (namespace: string) => namespace === DETAILS || detailId(namespace) !== null
const isWithoutPosition = (namespace: string) => namespace !== RAW && !isOfEps(namespace) && !isOfDetails(namespace)

/** The position of a stream: the parts of namespaces that it does not have take the value of another part, for a short id. */
export function coveredBy(namespaces: readonly string[], { eps, raw, message }: StreamPosition): StreamPosition {
  const hasEps = namespaces.some(isOfEps)
  const hasRaw = namespaces.includes(RAW)
  if (!namespaces.some(isOfDetails)) {
    const [e, r] = [hasEps || !hasRaw ? eps : raw, hasRaw || !hasEps ? raw : eps]
    return { eps: e, raw: r, message: { at: r, ordinal: null } }
  }
  return { eps: hasEps ? eps : hasRaw ? raw : message.at, raw: hasRaw ? raw : hasEps ? eps : message.at, message }
}
