/** The data that subscribers with sockets that are not drained have yet to get. */
export interface Backlog {
  readonly subscribers: number
  readonly bytes: number
}

/** The data that this process has written to subscribers since it started. The counts never decrease. */
export class Traffic {
  /** SSE messages without comments. A message to a thousand subscribers counts a thousand times. */
  frames = 0
  /** Bytes handed to connections. Includes framing, comments and response heads, but neither TLS nor TCP. */
  bytes = 0
  /** Frames that summed up more than one flush, for a subscriber that had been behind. */
  conflated = 0
}

/** One open stream, as reports show it. Times are whole Unix seconds. */
export interface SubscriberInfo {
  /** The full path of the request, without the query. */
  readonly requestPath: string
  readonly namespaces: readonly string[]
  /** The id on `details/<id>` alone, else null. */
  readonly tag: string | null
  readonly createdAt: number
  readonly clientIp: string
  /** At most 256 characters, "" when the client sent none. */
  readonly userAgent: string
  /** Frames, not comments. */
  readonly msgsSent: number
  /** Frames that summed up more than one flush because the subscriber had been behind. */
  readonly conflated: number
  /** The bytes of a write, of messages and of raw updates that the subscriber has yet to get. */
  readonly bufferedBytes: number
  /** The time for which the socket has not been drained, ms; 0 if it is drained. */
  readonly lagMs: number
}

/** The way in which bytes reach the connections: direct system calls, or Node's own sockets (docs/decisions/0010-two-writers.md). */
export type Writer = 'send(2)' | 'socket.write'

/** The read-only view of the open streams, for reports. The abstract class is the injection token as well; StreamGateway provides it. */
export abstract class StreamStats {
  abstract readonly writer: Writer
  /** The namespaces that plug-ins have registered, and kiosk_interaction if it is enabled. eps, raw and details are not in this list. */
  abstract readonly plugInNamespaces: readonly string[]
  /** The number of open streams. */
  abstract readonly total: number
  /** Frames offered, once each however many subscribers took them. */
  abstract readonly msgsBroadcast: number
  /** Rounds of eps frames per second, over the last second. Lower than the flush rate if a round takes longer than a flush period. */
  abstract readonly epsRate: number
  abstract readonly traffic: Readonly<Traffic>
  /** Every open stream, in the order of opening. May be read over several turns of the event loop, while streams open and close. */
  abstract each(): Iterable<SubscriberInfo>
  /** As of the last sweep over all subscribers, at most about a second ago. */
  abstract readonly backlog: Backlog
}
