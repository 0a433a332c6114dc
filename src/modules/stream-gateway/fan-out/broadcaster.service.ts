import { Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { AppConfig } from '../../../common/config/app-config.js'
import { DETAILS, detailChannel, detailNamespace, EPS, RAW } from '../../../common/core/namespace.js'
import { encodeEventName } from '../../../common/core/sse-frame.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { RateLimitedLog } from '../../../common/platform/rate-limited-log.js'
import { TurnEnd } from '../../../common/platform/timers.js'
import { Positions } from '../../../common/positions/positions.js'
import { Totals } from '../../../common/positions/totals.js'
import { TotalsDigest } from '../../../common/positions/totals-digest.js'
import { RawDigest } from '../../../common/score-log/raw-digest.js'
import { ScoreLog } from '../../../common/score-log/score-log.js'
import { ScoreSummary } from '../../../common/score-log/score-summary.js'
import { Discards } from '../../../common/stats/counters.js'
import { EPS_TOTALS, type FanOut } from './fan-out.js'
import { HubService } from './hub.service.js'

/** Bus events → fan-outs: score updates to eps and raw, messages to the logs of the audiences that want them. */
@Injectable()
export class BroadcasterService implements OnModuleInit {
  readonly eps: FanOut
  readonly totals: FanOut
  private readonly raw: FanOut
  private readonly logger = new Logger('StreamGateway')
  private readonly warnings = new RateLimitedLog((fields) => this.logger.warn(fields))
  private readonly turn = new TurnEnd(() => this.hub.deliver())

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: HubService,
    private readonly discards: Discards,
    log: ScoreLog,
    positions: Positions,
    totals: Totals,
  ) {
    const idAt = (at: number) => positions.idAt(at)
    const name = encodeEventName(EPS)
    this.eps = hub.follow(EPS, log, new ScoreSummary(log, name, idAt), (event) => bus.emit('round.finished', event))
    this.totals = hub.follow(EPS_TOTALS, log, new TotalsDigest(log, name, idAt, totals))
    this.raw = hub.follow(RAW, log, new RawDigest(log, idAt))
  }

  onModuleInit(): void {
    this.bus.on('scores.summarized', ({ to, atMs }) => {
      this.hub.msgsBroadcast++
      this.eps.flush(to, atMs)
      this.totals.flush(to, atMs)
    })
    this.bus.on('detail.received', ({ id, data, after = 0 }) => this.broadcastDetail(id, data, after))
    this.bus.on('scores.healed', ({ updates }) => {
      // Details follow updates: where none was missed, no detail was.
      if (updates === 0) return
      this.hub.broadcastGap()
      this.turn.schedule()
    })
    if (!this.config.streams.raw) return
    this.bus.on('scores.appended', ({ to, updates }) => {
      this.hub.msgsBroadcast += updates
      this.raw.flush(to, performance.now())
    })
  }

  /**
   * Broadcasts a message to the subscribers of any of these namespaces, at the end of this turn of the event loop.
   * @param eventName without, the frames carry the first namespace on a multiplexed stream, and no name on any other
   */
  broadcast(namespaces: readonly [string, ...string[]], data: string | Uint8Array, eventName?: string): void {
    const { hub } = this
    hub.msgsBroadcast++
    if (!namespaces.some((namespace) => hub.hasSubscribers(namespace))) return
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (!this.accepts(eventName ?? namespaces[0], bytes.length)) return
    hub.broadcast(namespaces, bytes, eventName)
    this.turn.schedule()
  }

  /** A detail is counted before any check, so that all nodes give the next ones the same positions. */
  private broadcastDetail(id: string, data: Uint8Array, after: number): void {
    const { hub } = this
    const position = hub.details.count(after)
    hub.msgsBroadcast++
    const namespaces = [detailNamespace(id), DETAILS] as const
    const hasSubscribers = namespaces.some((namespace) => hub.hasSubscribers(namespace))
    // A payload that is too large is refused where it would reach a subscriber, and nobody resumes with it.
    if (hasSubscribers ? !this.accepts(detailChannel(id), data.length) : data.length > this.config.streams.queueMaxBytes) return
    hub.details.keep(id, data, position)
    if (!hasSubscribers) return
    hub.broadcast(namespaces, data, detailChannel(id), position)
    this.turn.schedule()
  }

  /** True for a payload within QUEUE_MAX_BYTES. One over it is counted, and a warning gives its name. */
  accepts(channel: string, bytes: number): boolean {
    if (bytes <= this.config.streams.queueMaxBytes) return true
    this.discards.count('too-large')
    this.warnings.note('too-large', { msg: 'payload refused: larger than QUEUE_MAX_BYTES', channel, bytes })
    return false
  }
}
