import { DETAILS, detailId, EPS, isOfEps, KIOSK_INTERACTION, RAW } from '../core/namespace.js'
import type { IngestState } from '../event-bus/app-events.js'
import type { CountsByLabel, IngestGaps, LogLosses, RoundMeter } from './counters.js'
import type {
  CloseReason,
  CutOutcome,
  DiscardReason,
  FailureKind,
  RefusalReason,
  RejectionReason,
  ReportName,
  ResumeOutcome,
} from './reasons.js'

/** The state of this node: its source of updates, and whether it drains. The bus announces changes of both. */
export class NodeState {
  /** Written by RedisIngest or DemoFeed, as are the fields up to `lastError`. */
  source: 'redis' | 'demo' | 'none' = 'none'
  state: IngestState = 'connecting'
  /** True once `state` has been `ready`. */
  wasReady = false
  /** When `state` began. Unix ms. */
  sinceMs = 0
  /** When the last message or answer came from the source: `performance.now()` ms, -Infinity before the first one. */
  heardAtMs = Number.NEGATIVE_INFINITY
  /** The last error of the source in one line, without secrets. */
  lastError: string | null = null
  /**
   * Why the source brings no updates although it answers: it is a Sentinel, or a marker that was published did not come back. Written by
   * RedisIngest.
   */
  fault: 'sentinel' | 'deaf' | null = null
  /** The Redis channel of this process's markers while it is subscribed, else null. Written by RedisIngest, as is `markerRefusal`. */
  markerChannel: string | null = null
  /** Why Redis has refused that channel; null if it has not. */
  markerRefusal: string | null = null
  /** The connections for commands to which Redis refuses the database of REDIS_URL. Written by CommandConnection. */
  readonly withoutDatabase = new Set<string>()
  /** True from the start of the drain on. Written by DrainService. */
  isDraining = false
}

/** The kinds of streams, beside the namespaces of plug-ins. `eps` is all ids or single ones, `detail` one id, `details` all ids. */
export const STREAM_KINDS: readonly string[] = [EPS, RAW, DETAILS, 'detail', KIOSK_INTERACTION, 'multiplexed']

/** The kind of a stream. Each stream has exactly one, so that the counts of all kinds add up to the number of streams. */
export function streamKind(namespaces: readonly string[]): string {
  const [namespace = '', ...others] = namespaces
  if (others.length > 0) return 'multiplexed'
  if (detailId(namespace) !== null) return 'detail'
  return isOfEps(namespace) ? EPS : namespace
}

/**
 * The counters of this node since its start: the one set of books for metrics, Graphite, the status document and the admin page. The
 * abstract class is the injection token as well; the module Statistics provides it.
 */
export abstract class NodeCounters {
  /** Updates and messages from the source, without those that have a malformed id. */
  abstract readonly received: { readonly score: number; readonly detail: number; readonly interaction: number }
  abstract readonly discarded: CountsByLabel<DiscardReason>
  abstract readonly flushes: number
  /** Open streams by `streamKind`. */
  abstract readonly open: CountsByLabel
  /** Open streams by kind of namespace (`kindsOf`). A multiplexed stream counts once in each kind that it holds. */
  abstract readonly openByNamespace: CountsByLabel
  /** Opened streams by `streamKind`. */
  abstract readonly opened: CountsByLabel
  abstract readonly closed: CountsByLabel<CloseReason>
  abstract readonly refused: CountsByLabel<RefusalReason>
  abstract readonly rejected: CountsByLabel<RejectionReason>
  abstract readonly failedReports: CountsByLabel<ReportName>
  /** Streams that gave an event id. */
  abstract readonly resumes: CountsByLabel<ResumeOutcome>
  abstract readonly cuts: CountsByLabel<CutOutcome>
  /** Exceptions that were caught, other than in handlers of bus events. */
  abstract readonly failures: CountsByLabel<FailureKind>
  abstract readonly logLosses: Pick<LogLosses, 'droppedLines' | 'writeErrors'>
  /** Handlers of bus events that have thrown. */
  abstract readonly handlerFailures: number
  abstract readonly ingestGaps: Pick<IngestGaps, 'connects' | 'isReady' | 'returns' | 'totalMs'>
  /** A new meter of the longest round, for one reader. */
  abstract roundMeter(): Pick<RoundMeter, 'take'>
}
