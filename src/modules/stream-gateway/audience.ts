import { detailId, EPS, RAW } from '../../common/core/namespace.js'
import { encodeChunk, encodeComment, encodeEventName, encodeFrame, encodeRetry, LAST_CHUNK } from '../../common/core/sse-frame.js'

const RAW_EVENT = encodeEventName(RAW)
const GREETING = encodeComment('ok')
const HEARTBEAT = encodeComment('keepalive')
const NOTHING = Buffer.alloc(0)

const isEps = (namespace: string) => namespace === EPS

/** What an audience needs of a subscriber. */
export interface Receiver {
  /** Writes bytes that hold `messages` frames, by the next commit. */
  post(bytes: Buffer, messages: number, nowMs: number): void
}

/** What the subscribers of an audience have in common. */
export interface AudienceKind {
  /** In the order of the request, each once. */
  readonly namespaces: readonly string[]
  /** On a multiplexed stream eps and raw frames carry an event name; they would be ambiguous without. */
  readonly isNamed: boolean
  /** HTTP/1.1 has chunked framing, HTTP/1.0 none. */
  readonly isChunked: boolean
}

/** The subscribers that get exactly the same bytes: encoded once, written many times. */
export class Audience {
  readonly subscribers = new Set<Receiver>()
  readonly namespaces: readonly string[]
  /** The id on `details/<id>` alone, else null. */
  readonly tag: string | null
  readonly hasScores: boolean
  /** Those of which each message is queued for its subscribers: anything but what is followed by a cursor. */
  readonly queued: readonly string[]
  readonly hasQueue: boolean
  /** 0 to 3: audiences with the same number get the same frames of what is followed. */
  readonly variant: number
  readonly isNamed: boolean
  readonly isChunked: boolean
  readonly heartbeat: Buffer
  readonly greeting: Buffer
  /** Frames of this turn of the event loop. */
  private pending: Buffer[] = []

  /** @param isFollowed whether subscribers have a cursor into this namespace, in place of a queue */
  constructor({ namespaces, isNamed, isChunked }: AudienceKind, isFollowed: (namespace: string) => boolean = isEps) {
    this.namespaces = namespaces
    this.isNamed = isNamed
    this.isChunked = isChunked
    this.tag = isNamed ? null : detailId(namespaces[0] ?? '')
    this.hasScores = namespaces.includes(EPS)
    this.queued = namespaces.filter((namespace) => !isFollowed(namespace))
    this.hasQueue = this.queued.length > 0
    this.variant = (isNamed ? 2 : 0) + (isChunked ? 1 : 0)
    this.heartbeat = this.wrap(HEARTBEAT)
    this.greeting = this.wrap(GREETING)
  }

  static key({ namespaces, isNamed, isChunked }: AudienceKind): string {
    return JSON.stringify([isNamed, isChunked, ...namespaces])
  }

  /** One frame, ready to write; it carries the event name where the stream holds other namespaces as well. */
  encode(data: Buffer, eventName: Buffer): Buffer {
    return this.wrap(encodeFrame(data, this.isNamed ? eventName : undefined))
  }

  encodeRaw(id: Uint8Array): Buffer {
    return encodeFrame(id, this.isNamed ? RAW_EVENT : undefined)
  }

  /** The last bytes of a stream: how long to wait before coming back, if it matters, and the end of the body. */
  encodeFarewell(retryMs?: number): Buffer {
    const retry = retryMs === undefined ? NOTHING : this.wrap(encodeRetry(retryMs))
    return this.isChunked ? Buffer.concat([retry, LAST_CHUNK]) : retry
  }

  /** Adds a frame to this turn's. A frame reaches an audience once, even where two of its namespaces match. */
  offer(frame: Buffer): void {
    if (this.pending.at(-1) !== frame) this.pending.push(frame)
  }

  /** Posts the frames of this turn to every subscriber, in one write each. */
  deliver(nowMs: number): void {
    const frames = this.pending
    if (frames.length === 0) return
    this.pending = []
    const bytes = this.wrap(frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames))
    for (const subscriber of this.subscribers) subscriber.post(bytes, frames.length, nowMs)
  }

  private wrap(bytes: Buffer): Buffer {
    return this.isChunked ? encodeChunk(bytes) : bytes
  }
}
