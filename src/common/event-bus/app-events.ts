import type { CloseReason, CutOutcome, PrivateReason, RefusalReason, RejectionReason, ReportName, ResumeOutcome } from '../stats/reasons.js'

export type { CloseReason } from '../stats/reasons.js'

/**
 * The events of the internal bus: name → payload. A name is a past-tense fact. A payload is read-only and belongs to its emitter: a
 * handler that keeps bytes beyond its own call copies them. A plug-in adds its events by declaration merging.
 */
export interface AppEvents {
  /** The score updates of one turn of the event loop, in order, one id each. Emitted by RedisIngest or DemoFeed. */
  'scores.received': { readonly ids: readonly Uint8Array[] }
  /**
   * Score updates came that no node accepts, because their ids are malformed. Those before it have been announced. Emitted by RedisIngest.
   */
  'scores.refused': { readonly count: number }
  /** The marker of the cut with this token came, behind all updates that were announced before. Emitted by RedisIngest. */
  'cut.marked': { readonly token: string }
  /** A marker was published and did not come back, nor did any update: the link delivers nothing. Emitted by Positions. */
  'cut.unheard': Record<string, never>
  /** A cut has ended after `tookMs`: with a verdict, or because it failed. Emitted by Positions. */
  'cut.finished': { readonly outcome: CutOutcome; readonly tookMs: number }
  /** Updates were missed, as a cut shows: they are to be appended to the score log. Emitted by Positions. */
  'scores.missed': { readonly missed: ReadonlyMap<string, number> }
  /** The score log has the missed updates, in `entries` entries. Emitted by Summarizer. */
  'scores.healed': { readonly entries: number; readonly updates: number }
  /**
   * Positions are shared or private now, for another reason or with another epoch. `isNewData`: totals and positions have another basis,
   * so that no stream can go on from an older id. Emitted by Positions.
   */
  'positions.changed': { readonly reason: PrivateReason | null; readonly isNewData: boolean }
  /** A stream that gave an event id goes on from there, or begins anew for a reason. Emitted by StreamGateway. */
  'resume.answered': { readonly outcome: ResumeOutcome }
  /**
   * One detail message, forwarded as published. `after`: the number of score updates of this turn of the event loop that came before it and
   * are yet to be announced. Emitted by RedisIngest or DemoFeed.
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
