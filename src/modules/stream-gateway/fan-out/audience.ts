import { encodeBody, encodeComment, idField, variantOf } from '../../../common/core/sse-frame.js'
import type { Cursor, CursorOwner, PieceEncoder } from './cursor.js'
import type { MessageLog } from './messages/message-log.js'
import type { CompositeFrames } from './resume/composite-frames.js'
import { StreamPlace } from './resume/stream-place.js'

const HEARTBEAT = encodeComment('keepalive')
/** Plain, and as a chunk. */
const HEARTBEATS = [HEARTBEAT, encodeBody(HEARTBEAT, true)] as const

/** The properties that the subscribers of an audience have in common. */
export interface AudienceKind {
  /** In the order of the request, each once. */
  readonly namespaces: readonly string[]
  /** True on a multiplexed stream: frames of eps and raw carry an event name there. */
  readonly isNamed: boolean
  /** HTTP/1.1 has chunked framing, HTTP/1.0 none. */
  readonly isChunked: boolean
  /** True where frames carry ids, from which the client can resume. */
  readonly isResumable: boolean
  /** True where frames of eps carry totals in place of increments. */
  readonly hasTotals: boolean
  /** The most frames of eps in a second; MAX_RATE is each flush. */
  readonly rate: number
}

/** The rate of a stream that asked for none: a frame for each flush. */
export const MAX_RATE = 60

/** The options of a stream that asked for none. */
export const NO_OPTIONS = { isResumable: false, hasTotals: false, rate: MAX_RATE } as const

/** The subscribers with the same namespaces, names, framing and options: they get the same bytes. */
export class Audience implements AudienceKind {
  /** How many subscribers it has. */
  size = 0
  readonly namespaces: readonly string[]
  readonly isNamed: boolean
  readonly isChunked: boolean
  readonly isResumable: boolean
  readonly hasTotals: boolean
  readonly rate: number
  readonly variant: number
  /** The namespaces that deliver each message: raw, details, and queues of plug-ins. The others conflate. */
  readonly queued: readonly string[]
  /** Each gives a subscriber its cursor: the fan-outs of its namespaces, and the message log. */
  readonly owners: readonly CursorOwner[]
  readonly place: StreamPlace
  /** The frames of a resumable stream with several cursors that have positions; null for any other. */
  readonly composite: PieceEncoder | null

  /**
   * @param ownerOf the fan-out of a namespace for such a kind; undefined for one whose messages go into message logs
   * @param messages the log of such messages; null where no namespace has any
   * @param details the log of details, which resumable streams have on their own
   */
  constructor(
    kind: AudienceKind,
    ownerOf: (namespace: string, kind: AudienceKind) => CursorOwner | undefined,
    readonly messages: MessageLog | null,
    readonly details: MessageLog | null = messages,
    private readonly composites: CompositeFrames | null = null,
  ) {
    const { namespaces, isNamed, isChunked } = kind
    this.namespaces = namespaces
    this.isNamed = isNamed
    this.isChunked = isChunked
    this.isResumable = kind.isResumable
    this.hasTotals = kind.hasTotals
    this.rate = kind.rate
    this.variant = variantOf(isNamed, isChunked, kind.isResumable)
    this.queued = namespaces.filter((namespace) => ownerOf(namespace, kind)?.conflates !== true)
    const logs = [...new Set([messages, details])].filter((log) => log !== null)
    // Several namespaces may have one owner: all `eps/<id>` are a filter.
    const owners = new Set(namespaces.flatMap((namespace) => ownerOf(namespace, kind) ?? []))
    this.owners = [...owners, ...logs]
    this.place = new StreamPlace(this.owners, details)
    this.composite = kind.isResumable && this.place.parts > 1 ? (composites?.for(this.place, this.variant) ?? null) : null
  }

  get hasQueue(): boolean {
    return this.queued.length > 0
  }

  /**
   * The bytes for an idle subscriber: a comment, and where frames carry ids the newest one. It goes on while nothing comes for the stream,
   * and would be too old to resume from in the end.
   */
  heartbeatFor(cursors: readonly Cursor[]): Buffer {
    const position = this.isResumable ? this.place.of(cursors) : null
    if (position === null || this.composites === null) return HEARTBEATS[this.isChunked ? 1 : 0]
    return encodeBody(Buffer.from(`${HEARTBEAT}${idField(this.composites.idAt(position))}`), this.isChunked)
  }

  /** The same for the same namespaces in any order. */
  static key(kind: AudienceKind): string {
    const { namespaces } = kind
    const code = codeOf(kind)
    // Most streams have one namespace, and JSON costs more than the rest of finding its audience.
    return namespaces.length === 1 ? `${code}:${namespaces[0]}` : JSON.stringify([code, ...[...namespaces].sort()])
  }
}

/** All of a kind but its namespaces as one number: the variant alone where a stream has no options. */
const codeOf = ({ isNamed, isChunked, isResumable, hasTotals, rate }: AudienceKind) =>
  variantOf(isNamed, isChunked, isResumable) + (hasTotals ? 8 : 0) + 16 * (MAX_RATE - rate)
