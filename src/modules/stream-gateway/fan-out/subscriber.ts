import { encodeBody, encodeRetry, LAST_CHUNK } from '../../../common/core/sse-frame.js'
import type { CloseReason } from '../../../common/event-bus/app-events.js'
import type { StreamPosition } from '../../../common/positions/positions.js'
import type { Outlet, OutletListener, WriteOutcome } from '../transport/outlet.js'
import type { Audience } from './audience.js'
import type { Cursor, CursorSubscriber } from './cursor.js'

/** The data of a request about its client, as reports show them. */
export interface SubscriberRequest {
  readonly requestPath: string
  readonly clientIp: string
  /** True for the address of a router: it does not identify a client. */
  readonly hasSharedIp?: boolean
  readonly userAgent: string
  /** The secret name that the client may use in a cleanup; null where it asked for none. Reports do not show it. */
  readonly token: string | null
  /** True where the client keeps ids or totals, which are of no use with other data. */
  readonly hasEpoch?: boolean
}

/** The part of the hub that a subscriber works with. */
export interface SubscriberHost {
  readonly traffic: { frames: number; bytes: number; conflated: number }
  readonly limits: { readonly queueMaxBytes: number; readonly queueStallMs: number; readonly epsStallMs: number }
  onClosed(subscriber: Subscriber, reason: CloseReason): void
}

const NOTHING = Buffer.alloc(0)

/**
 * One open event stream: a cursor into each log that it follows. It has no queue. While its outlet is not drained it is not ready, and
 * nothing is written to it; its cursors stay, and the fan-outs bring it up to date once it drains. Times are monotonic ms.
 *
 * `close` is the only way out. Its callers, by reason: `client` and `error` its outlet; `slow` the heartbeat's sweep, a fan-out whose log
 * has overwritten entries that a cursor needs, and the bounds of the message logs; `expired` the sweep; `cleanup` the cleanup; `shutdown`
 * the drain.
 */
export class Subscriber implements OutletListener, CursorSubscriber {
  /** One cursor for each log that it follows. */
  readonly cursors: readonly Cursor[]
  /** Frames, not comments. */
  msgsSent = 0
  /** The frames among them that sum up more than one flush. */
  conflated = 0
  /** Whole ms modulo 2^32, as an int32: V8 keeps that number inside this object, at any uptime. `elapsedMs` reads it. */
  private lastWriteMs: number
  private stalledSinceMs: number | null = null
  private reason: CloseReason | null = null
  private isMuted = false

  constructor(
    readonly audience: Audience,
    /** In the order of the request. */
    readonly namespaces: readonly string[],
    readonly request: SubscriberRequest,
    private readonly outlet: Outlet,
    private readonly host: SubscriberHost,
    /** Unix ms. */
    readonly createdAtMs: number,
    readonly openedAtMs: number,
    /** When it closes as planned; Infinity for never. */
    readonly expiresAtMs: number,
    start: StreamPosition | null,
  ) {
    this.lastWriteMs = openedAtMs | 0
    this.cursors = audience.owners.map((owner) => owner.open(this, start))
    outlet.listener = this
  }

  /** Open, and its outlet is drained. */
  get isReady(): boolean {
    return this.stalledSinceMs === null && this.reason === null && !this.isMuted
  }

  get isClosed(): boolean {
    return this.reason !== null
  }

  /** The bytes that wait for it: the rest of one write, and the messages and raw updates after its cursors. */
  get bufferedBytes(): number {
    return this.cursors.reduce((bytes, cursor) => bytes + cursor.bytesBehind, this.outlet.queuedBytes)
  }

  /** True when a log has overwritten entries that one of its cursors needs. */
  get isLost(): boolean {
    return this.cursors.some((cursor) => cursor.isLost)
  }

  /** True while it still has to get entries up to the drain target. */
  get isPending(): boolean {
    return this.cursors.some((cursor) => cursor.owner.isPending(cursor))
  }

  /** True when its client has vanished while bytes wait for it. */
  get isDeserted(): boolean {
    return this.stalledSinceMs !== null && this.outlet.isSilent
  }

  /** How long its outlet has not drained, ms; 0 when it keeps up. */
  lagMs(nowMs: number): number {
    return this.stalledSinceMs === null ? 0 : elapsedMs(this.stalledSinceMs, nowMs)
  }

  /** Lets it get nothing until it is closed: no id of data that are not its own. */
  mute(): void {
    this.isMuted = true
  }

  /** Writes bytes that hold `messages` frames, at once. */
  send(bytes: Buffer, messages: number, nowMs: number): void {
    this.count(bytes, messages, nowMs)
    const outcome = this.outlet.write(bytes)
    if (outcome !== 'sent') this.onWritten(outcome)
  }

  /** Sends the latest values of its namespaces, right after its head. A value that does not go out at once comes with the next round. */
  sendLatest(nowMs: number): void {
    for (const cursor of this.cursors) {
      const frames = cursor.owner.latest
      if (frames === null) continue
      if (this.isReady) this.send(frames.for(this.audience.variant), 1, nowMs)
      else cursor.position = 0
    }
  }

  /** Like `send`, with the commit that follows. Nothing for no bytes: entries of raw that were healed have none. */
  post(bytes: Buffer, messages: number, nowMs: number): void {
    if (bytes.length === 0) return
    this.count(bytes, messages, nowMs)
    this.outlet.post(bytes)
  }

  /** Posts one frame that sums up more than one flush. */
  conflate(bytes: Buffer, nowMs: number): void {
    this.conflated++
    this.host.traffic.conflated++
    this.post(bytes, 1, nowMs)
  }

  /** Writes a heartbeat when the stream has been idle since before `idleSinceMs`. */
  keepAlive(idleSinceMs: number, nowMs: number): void {
    if (this.isReady && elapsedMs(this.lastWriteMs, idleSinceMs) >= 0) this.send(this.audience.heartbeatFor(this.cursors), 0, nowMs)
  }

  /** True when a bound is exceeded: of the time that its outlet has not drained, or of the bytes that wait for it. */
  isOverdue(nowMs: number): boolean {
    const { queueStallMs, epsStallMs, queueMaxBytes } = this.host.limits
    if (this.stalledSinceMs === null) return false
    const stallMs = this.audience.hasQueue ? Math.min(queueStallMs, epsStallMs) : epsStallMs
    return elapsedMs(this.stalledSinceMs, nowMs) > stallMs || (this.audience.hasQueue && this.newBytes > queueMaxBytes)
  }

  /** Ends the stream once. A slow or broken connection is cut; any other ends in an orderly way. */
  close(reason: CloseReason, retryMs?: number): void {
    if (this.reason !== null) return
    this.reason = reason
    if (this.stalledSinceMs !== null || reason === 'slow' || reason === 'client' || reason === 'error') this.outlet.destroy()
    else this.outlet.end(this.farewell(retryMs))
    for (const cursor of this.cursors) cursor.owner.close(cursor)
    this.host.onClosed(this, reason)
  }

  onWritten(outcome: WriteOutcome): void {
    if (outcome === 'broken') this.close('client')
    else if (outcome === 'queued') this.stalledSinceMs ??= this.lastWriteMs
  }

  onDrained(): void {
    if (this.reason !== null) return
    this.stalledSinceMs = null
    for (const cursor of this.cursors) cursor.owner.onDrained(cursor)
  }

  onClosed(reason: 'client' | 'error'): void {
    this.close(reason)
  }

  /** The bytes that wait for it, without those that it resumed with. */
  private get newBytes(): number {
    return this.cursors.reduce((bytes, cursor) => bytes + cursor.newBytesBehind, this.outlet.queuedBytes)
  }

  /** The last bytes: the time to wait before a reconnect, if it matters, and the end of the body. */
  private farewell(retryMs: number | undefined): Buffer {
    const { isChunked } = this.audience
    const retry = retryMs === undefined ? NOTHING : encodeBody(encodeRetry(retryMs), isChunked)
    return isChunked ? Buffer.concat([retry, LAST_CHUNK]) : retry
  }

  private count(bytes: Buffer, messages: number, nowMs: number): void {
    const { traffic } = this.host
    traffic.frames += messages
    traffic.bytes += bytes.length
    this.msgsSent += messages
    this.lastWriteMs = nowMs | 0
  }
}

/** The whole ms between two times, of which the first may be modulo 2^32. Right up to 24 days, and no bound is over one. */
const elapsedMs = (fromMs: number, toMs: number): number => (toMs - fromMs) | 0
