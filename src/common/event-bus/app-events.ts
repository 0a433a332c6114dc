import type { CloseReason, RefusalReason, RejectionReason, ReportName } from '../stats/reasons.js'

export type { CloseReason } from '../stats/reasons.js'

/**
 * Every event of the internal bus: name → payload. Names are past-tense facts, payloads are read-only and belong to the emitter:
 * a handler that keeps bytes beyond its own call copies them. A Nest module from outside adds its own events by declaration merging.
 */
export interface AppEvents {
  /** The score updates of one turn of the event loop, in order, one id each. Emitted by RedisIngest or DemoFeed. */
  'scores.received': { readonly ids: readonly Uint8Array[] }
  /** One detail message, forwarded as published. Emitted by RedisIngest or DemoFeed. */
  'detail.received': { readonly id: string; readonly data: Uint8Array }
  /** One kiosk message. `channel` is the whole Redis channel. Emitted by RedisIngest or DemoFeed. */
  'interaction.received': { readonly channel: string; readonly data: Uint8Array }
  /**
   * The flush at `atMs` (monotonic) covered the positions `(from, to]` of the score log. `lateMs`: how long after its deadline, or after the first
   * update where that came later. At most 60 a second, none when nothing came. Emitted by Summarizer.
   */
  'scores.summarized': { readonly from: number; readonly to: number; readonly atMs: number; readonly lateMs: number }
  /**
   * Every eps subscriber that keeps up has the flush at `flushedAtMs` (monotonic). `tookMs`: from the first write to the last; `lagMs`: from the flush
   * to the last write. Emitted by StreamGateway after each round that brought something.
   */
  'round.finished': { readonly flushedAtMs: number; readonly tookMs: number; readonly lagMs: number }
  /**
   * `queued`: those of its namespaces of which it gets each message; of the others it gets sums, or the latest value, with each flush. Emitted by
   * StreamGateway at the end of the turn in which it opened: what it gets at once has been written.
   */
  'subscriber.opened': { readonly namespaces: readonly string[]; readonly queued: readonly string[] }
  /** `openMs`: how long the stream was open. Emitted by StreamGateway at the end of the turn in which it was closed. */
  'subscriber.closed': {
    readonly namespaces: readonly string[]
    readonly queued: readonly string[]
    readonly reason: CloseReason
    readonly openMs: number
  }
  /** A stream was refused by a limit, or because this node drains. Emitted by StreamGateway. */
  'connection.refused': { readonly reason: RefusalReason }
  /**
   * A request ended before it reached a controller: it, or its headers, took too long; its headers or body are over their bound; it is no HTTP, or has
   * no host, or a malformed URL. Emitted by the HTTP server.
   */
  'request.rejected': { readonly reason: RejectionReason }
  /** The ingest connection changed its state. Emitted by RedisIngest or DemoFeed. */
  'ingest.changed': { readonly state: IngestState }
  /** A periodic report did not get through. Emitted by AdminReporter and GraphiteMetrics. */
  'report.failed': { readonly report: ReportName }
  /** This node is being shut down: readiness is down, subscribers are about to be closed. Emitted by StreamGateway. */
  'node.draining': Record<string, never>
}

/** `ready`: subscribed and heard. `connecting`: not (yet) there, trying for ever. `stopped`: shut down. */
export type IngestState = 'connecting' | 'ready' | 'stopped'
