import type { Backlog } from './backlog.js'
import type { Traffic } from './traffic.js'

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
  /** Of those, how many summed up more than one flush because the subscriber had been behind. */
  readonly conflated: number
  /** Bytes that wait in this process because the subscriber's kernel doesn't take them. */
  readonly bufferedBytes: number
  /** Since when it has not drained, in ms; 0 for one that keeps up. */
  readonly lagMs: number
}

/** What writes to the connections: direct system calls, or Node's own sockets (docs/decisions/0010-two-writers.md). */
export type Writer = 'send(2)' | 'socket.write'

/**
 * The read-only view of the open streams, for reports; the abstract class is the injection token as well. StreamGateway provides it.
 * Facts are announced on the bus; only this list is asked for.
 */
export abstract class StreamStats {
  abstract readonly writer: Writer
  /** The namespaces that plug-ins have registered, kiosk_interaction included where it is enabled: eps, raw and details are there anyway. */
  abstract readonly plugInNamespaces: readonly string[]
  /** How many streams are open. */
  abstract readonly total: number
  /** Frames offered, once each however many subscribers took them. */
  abstract readonly msgsBroadcast: number
  /** Rounds of eps frames per second, over the last second: below the flush rate when a round takes longer than a flush period. */
  abstract readonly epsRate: number
  /** What was written to subscribers so far. */
  abstract readonly traffic: Readonly<Traffic>
  /** Every open stream, in the order of opening. May be read over several turns of the event loop, while streams open and close. */
  abstract each(): Iterable<SubscriberInfo>
  /** What waited for subscribers at the last look at all of them, about a second ago at most. */
  abstract readonly backlog: Backlog
}
