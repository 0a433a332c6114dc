import { encodeBody, encodeComment, variantOf } from '../../../common/core/sse-frame.js'
import type { CursorOwner } from './cursor-set.js'
import type { MessageLog } from './message-log.js'

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
}

/** The subscribers with the same namespaces, names and framing: they get the same bytes. */
export class Audience {
  /** How many subscribers it has. */
  size = 0
  readonly namespaces: readonly string[]
  readonly isNamed: boolean
  readonly isChunked: boolean
  readonly variant: number
  /** The namespaces that deliver each message: raw, details, and queues of plug-ins. The others conflate. */
  readonly queued: readonly string[]
  /** Each gives a subscriber its cursor: the fan-outs of its namespaces, and the message log. */
  readonly owners: readonly CursorOwner[]
  readonly heartbeat: Buffer

  /**
   * @param ownerOf the fan-out of a namespace; undefined for one whose messages go into message logs
   * @param messages the log of such messages; null where no namespace has any
   */
  constructor(
    { namespaces, isNamed, isChunked }: AudienceKind,
    ownerOf: (namespace: string) => CursorOwner | undefined,
    readonly messages: MessageLog | null,
  ) {
    this.namespaces = namespaces
    this.isNamed = isNamed
    this.isChunked = isChunked
    this.variant = variantOf(isNamed, isChunked)
    this.queued = namespaces.filter((namespace) => ownerOf(namespace)?.conflates !== true)
    this.owners = [...namespaces.flatMap((namespace) => ownerOf(namespace) ?? []), ...(messages === null ? [] : [messages])]
    this.heartbeat = HEARTBEATS[isChunked ? 1 : 0]
  }

  get hasQueue(): boolean {
    return this.queued.length > 0
  }

  /** The same for the same namespaces in any order. */
  static key({ namespaces, isNamed, isChunked }: AudienceKind): string {
    const variant = variantOf(isNamed, isChunked)
    // Most streams have one namespace, and JSON costs more than the rest of finding its audience.
    return namespaces.length === 1 ? `${variant}${namespaces[0]}` : JSON.stringify([variant, ...[...namespaces].sort()])
  }
}
