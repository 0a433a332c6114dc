import { Injectable } from '@nestjs/common'
import { EPS, epsId, isOfEps, RAW } from '../../../common/core/namespace.js'
import { encodeEventName, encodeFrame, FrameVariants } from '../../../common/core/sse-frame.js'
import { parseId } from '../../../common/positions/position-id.js'
import { Positions, type StreamPosition } from '../../../common/positions/positions.js'
import { type Snapshot, Snapshots } from '../../../common/positions/snapshots.js'
import { ScoreLog } from '../../../common/score-log/score-log.js'
import type { ResetReason } from '../../../common/stats/reasons.js'
import { HubService } from '../fan-out/hub.service.js'
import { missedBy } from '../fan-out/resume/stream-place.js'
import type { Subscriber } from '../fan-out/subscriber.js'
import type { Opening } from './stream-prelude.js'
import type { StreamRequest } from './stream-request.js'

const SNAPSHOT_EVENT = encodeEventName('snapshot')

/** Where a stream begins. */
export interface StreamStart {
  /** Null for now. */
  readonly position: StreamPosition | null
  /** The id after which it continues; null where it does not. */
  readonly resumedId: string | null
  /** Why it does not continue after the id that its client has sent; null where it does, or where there is none. */
  readonly reset: ResetReason | null
  /** The totals at the position; null where the client has them, or wants none. */
  readonly snapshot: FrameVariants | null
}

/** The start of a stream whose client asks for nothing. */
export const NOW: StreamStart = { position: null, resumedId: null, reset: null, snapshot: null }

/** Decides where a stream begins: after the id that its client has sent, at a snapshot, or now. */
@Injectable()
export class StreamStartService {
  private latest: Snapshot | null = null
  private frames: FrameVariants | null = null

  constructor(
    private readonly positions: Positions,
    private readonly snapshots: Snapshots,
    private readonly log: ScoreLog,
    private readonly hub: HubService,
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

  /** To be called for a stream with ids or a snapshot. */
  of({ namespaces, options: { lastEventId, wantsSnapshot } }: StreamRequest, nowMs: number): StreamStart {
    const resumed = lastEventId === null ? null : this.resume(namespaces, lastEventId)
    if (resumed !== null && typeof resumed !== 'string') return { position: resumed, resumedId: lastEventId, reset: null, snapshot: null }
    const snapshot = wantsSnapshot ? this.snapshotFor(namespaces, nowMs) : null
    return {
      position: snapshot === null ? null : { eps: snapshot.at, raw: this.log.position, message: this.hub.details.position },
      resumedId: null,
      reset: resumed,
      snapshot: snapshot === null ? null : this.framesOf(snapshot, namespaces.includes(EPS)),
    }
  }

  /** The part of a new stream's first bytes that says where it has begun. */
  openingOf({ resumedId, reset }: StreamStart, { audience, cursors }: Subscriber): Opening {
    const missed = resumedId === null ? 0 : missedBy(cursors)
    return {
      id: audience.isResumable ? (resumedId ?? this.idOf(audience.place.of(cursors))) : null,
      reset,
      gap: missed === 0 ? null : { missed },
    }
  }

  /** The id of a position; that of now for a stream without one. */
  private idOf(position: StreamPosition | null): string {
    return position === null ? this.positions.id : this.positions.compositeId(position)
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
