import type { CloseReason } from '../../common/event-bus/app-events.js'
import type { Traffic } from '../../common/stats/stream-stats.js'
import type { Audience, Receiver } from './audience.js'
import type { Outlet, Poster, WriteOutcome } from './outlet.js'

/** What a request says of itself, as reports show it. */
export interface SubscriberRequest {
  readonly requestPath: string
  readonly clientIp: string
  /** True when the address is that of a router, so that nobody can be told by it. */
  readonly hasSharedIp?: boolean
  readonly userAgent: string
}

/** What a subscriber needs of the hub. */
export interface SubscriberHost {
  readonly traffic: Traffic
  readonly limits: { readonly queueMaxBytes: number; readonly queueStallMs: number; readonly epsStallMs: number }
  drained(subscriber: Subscriber): void
  closed(subscriber: Subscriber, reason: CloseReason): void
}

/**
 * One open event stream. For eps it is a cursor into the score log; for everything else it has a queue, its outlet's, bounded in bytes and in time.
 * Times are monotonic ms.
 */
export class Subscriber implements Receiver, Poster {
  /** The position up to which its eps increments were sent. */
  cursor = 0
  /** Frames, not comments. */
  msgsSent = 0
  /** Of those, the ones that summed up more than one flush. */
  conflated = 0
  /** When it is closed as planned, monotonic ms. */
  expiresAtMs = Number.POSITIVE_INFINITY
  /** Lets its client alone name it; null where none was asked for. Reports don't show it. */
  token: string | null = null
  private lastWriteMs: number
  private stalledSinceMs: number | null = null
  private reason: CloseReason | null = null

  constructor(
    readonly audience: Audience,
    readonly request: SubscriberRequest,
    /** Unix ms. */
    readonly createdAtMs: number,
    readonly openedAtMs: number,
    private readonly outlet: Outlet,
    private readonly host: SubscriberHost,
  ) {
    this.lastWriteMs = openedAtMs
  }

  /** Open, and nothing waits in its queue. */
  get isReady(): boolean {
    return this.stalledSinceMs === null && this.reason === null
  }

  get isClosed(): boolean {
    return this.reason !== null
  }

  get bufferedBytes(): number {
    return this.outlet.queuedBytes
  }

  /** How long it has not drained, ms; 0 when it keeps up. */
  lagMs(nowMs: number): number {
    return this.stalledSinceMs === null ? 0 : nowMs - this.stalledSinceMs
  }

  /** Writes bytes that hold `messages` frames, at once. */
  send(bytes: Buffer, messages: number, nowMs: number): void {
    this.count(bytes, messages, nowMs)
    const outcome = this.outlet.write(bytes)
    if (outcome !== 'sent') this.settle(outcome)
  }

  /** Like `send`, together with what is posted to others: written by the commit that follows. */
  post(bytes: Buffer, messages: number, nowMs: number): void {
    this.count(bytes, messages, nowMs)
    this.outlet.post(bytes, this)
  }

  /** Posts one frame that sums up more than one flush. */
  conflate(bytes: Buffer, nowMs: number): void {
    this.conflated++
    this.host.traffic.conflated++
    this.post(bytes, 1, nowMs)
  }

  /** A queue over its bound closes the subscriber. */
  settle(outcome: WriteOutcome): void {
    if (outcome === 'broken') this.close('client')
    else if (outcome === 'queued') {
      if (this.stalledSinceMs === null) this.stall(this.lastWriteMs)
      if (this.audience.hasQueue && this.outlet.queuedBytes > this.host.limits.queueMaxBytes) this.close('slow')
    }
  }

  /** Writes a heartbeat when the stream has been idle since before `idleSinceMs`. */
  keepAlive(idleSinceMs: number, nowMs: number): void {
    if (this.isReady && this.lastWriteMs <= idleSinceMs) this.send(this.audience.heartbeat, 0, nowMs)
  }

  /** True when it has not drained for longer than its bound. */
  isOverdue(nowMs: number): boolean {
    if (this.stalledSinceMs === null) return false
    const { queueStallMs, epsStallMs } = this.host.limits
    return nowMs - this.stalledSinceMs > (this.audience.hasQueue ? Math.min(queueStallMs, epsStallMs) : epsStallMs)
  }

  /** The single exit, safe to call twice. A slow or broken connection is cut; any other ends in an orderly way. */
  close(reason: CloseReason, retryMs?: number): void {
    if (this.reason !== null) return
    this.reason = reason
    if (this.stalledSinceMs !== null || reason === 'slow' || reason === 'client' || reason === 'error') this.outlet.destroy()
    else this.outlet.end(this.audience.encodeFarewell(retryMs))
    this.host.closed(this, reason)
  }

  private count(bytes: Buffer, messages: number, nowMs: number): void {
    const { traffic } = this.host
    traffic.frames += messages
    traffic.bytes += bytes.length
    this.msgsSent += messages
    this.lastWriteMs = nowMs
  }

  private stall(nowMs: number): void {
    this.stalledSinceMs = nowMs
    this.outlet.whenDrained(() => this.resume())
  }

  /** What was queued when the stall began has gone. More may have come since: that is progress, and a stall anew. */
  private resume(): void {
    if (this.reason !== null) return
    this.stalledSinceMs = null
    if (this.outlet.queuedBytes > 0) this.stall(performance.now())
    else this.host.drained(this)
  }
}
