import type { CloseReason, RefusalReason, RejectionReason, ReportName } from '../stats/reasons.js'

export type { CloseReason } from '../stats/reasons.js'

/**
 * The events of the internal bus: name → payload. A name is a past-tense fact. A payload is read-only and belongs to its emitter: a
 * handler that keeps bytes beyond its own call copies them. A plug-in adds its events by declaration merging.
 */
export interface AppEvents {
  /** The score updates of one turn of the event loop, in order, one id each. Emitted by RedisIngest or DemoFeed. */
  'scores.received': { readonly ids: readonly Uint8Array[] }
  /**
   * So many score updates in a row were not streamed because their ids are malformed; the publisher has counted them. In order with
   * `scores.received`. Emitted by RedisIngest.
   */
  'scores.refused': { readonly count: number }
  /** The marker of a cut has come: all updates before it were announced, and no later one. Emitted by RedisIngest. */
  'cut.marked': { readonly token: string }
  /** A marker was published and did not come back, nor did anything else: the link delivers nothing. Emitted by Positions. */
  'cut.unheard': Record<string, never>
  /** The source has published these updates while nothing came from it. Emitted by Positions. */
  'scores.missed': { readonly entries: readonly { readonly id: string; readonly amount: number }[] }
  /** All that `scores.missed` has asked for is in the score log: so many updates. Emitted by Summarizer. */
  'scores.healed': { readonly updates: number }
  /**
   * An update waits for the next flush, because its id is one of too many new ones; later updates may pass it in the score log. Emitted by
   * Summarizer, before they do.
   */
  'scores.postponed': Record<string, never>
  /** No update waits any more; so many were discarded meanwhile. Emitted by Summarizer. */
  'scores.settled': { readonly discarded: number }
  /**
   * One detail message, forwarded as published. `after`: how many score updates of the same turn came before it and are not yet announced;
   * 0 if it is left out. Emitted by RedisIngest or DemoFeed.
   */
  'detail.received': { readonly id: string; readonly data: Uint8Array; readonly after?: number }
  /** One kiosk message. `channel` is the whole Redis channel. Emitted by RedisIngest or DemoFeed. */
  'interaction.received': { readonly channel: string; readonly data: Uint8Array }
  /** The score log has grown to the position `to` by the updates of one `scores.received`. Emitted by Summarizer. */
  'scores.appended': { readonly to: number; readonly updates: number }
  /**
   * The flush at `atMs` (monotonic) covered the positions `(from, to]` of the score log. `lateMs`: the delay after its deadline, or after
   * the first update if that came later. At most 60 per second, none without updates. Emitted by Summarizer.
   */
  'scores.summarized': { readonly from: number; readonly to: number; readonly atMs: number; readonly lateMs: number }
  /**
   * Every eps subscriber that keeps up got the flush at `flushedAtMs` (monotonic). `tookMs`: from the first write to the last; `lagMs`:
   * from the flush to the last write. Emitted by StreamGateway after each round that wrote data.
   */
  'round.finished': { readonly flushedAtMs: number; readonly tookMs: number; readonly lagMs: number }
  /** A stream with these namespaces is about to open: the ingest now reads messages that wait in the kernel. Emitted by StreamGateway. */
  'subscriber.opening': { readonly namespaces: readonly string[] }
  /**
   * A stream was opened. `queued`: the namespaces of which it gets each message; of the others it gets sums, or the latest value, with
   * each flush. Emitted by StreamGateway at the end of the turn in which the stream opened, after the first writes.
   */
  'subscriber.opened': { readonly namespaces: readonly string[]; readonly queued: readonly string[] }
  /** A stream was closed after `openMs`. Emitted by StreamGateway at the end of the turn in which it was closed. */
  'subscriber.closed': {
    readonly namespaces: readonly string[]
    readonly queued: readonly string[]
    readonly reason: CloseReason
    readonly openMs: number
  }
  /** A stream was refused by a limit, or because this node is draining. Emitted by StreamGateway. */
  'connection.refused': { readonly reason: RefusalReason }
  /**
   * A request ended before it reached a controller. `timeout`: the request or its headers took too long. `too-large`: headers or body
   * exceeded their bound. `malformed`: invalid HTTP, no Host header or a malformed URL. Or a connection that carried no stream was closed:
   * `pipelined`, `unread`, `no-room`. Emitted by the HTTP server and ConnectionsRegistry.
   */
  'request.rejected': { readonly reason: RejectionReason }
  /** The ingest connection changed its state. Emitted by RedisIngest or DemoFeed. */
  'ingest.changed': { readonly state: IngestState }
  /** A periodic report could not be delivered. Emitted by AdminReporter and GraphiteMetrics. */
  'report.failed': { readonly report: ReportName }
  /** This node is shutting down: readiness is down, and subscribers are about to be closed. Emitted by StreamGateway. */
  'node.draining': Record<string, never>
}

/** `connecting`: no connection; attempts go on. `ready`: subscribed, and Redis answers. `stopped`: shut down. */
export type IngestState = 'connecting' | 'ready' | 'stopped'
