import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { FatalErrorService } from '../../common/platform/fatal-error.service.js'
import { backoffMs, OneShot } from '../../common/platform/timers.js'
import { Positions } from '../../common/positions/positions.js'
import { Sequence } from '../../common/positions/sequence.js'
import { Totals } from '../../common/positions/totals.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { NodeState } from '../../common/stats/node-stats.js'
import type { PrivateReason } from '../../common/stats/reasons.js'
import { CutReaderService } from './cut-reader.service.js'
import { CutRunner } from './cut-runner.js'
import { CutTask } from './cut-task.js'
import { MarkerWait } from './marker-wait.js'
import { ReplicaWatch } from './replica-watch.js'

type Reader = Pick<CutReaderService, 'connect' | 'disconnect' | 'read' | 'nameEpoch' | 'replication'>

/** A marker that has not come after this time does not come. */
const MARKER_MS = 5000
/** Between two looks at whether Redis is a replica that has lost messages. */
const REPLICA_MS = 2000
/** Between attempts that fail. */
const RETRY = { firstMs: 100, maxMs: 30_000 }
/** Without a connection nothing is sent, so the next attempt comes soon. */
const AWAY_RETRY_MS = 1000
/** The reasons for which no cut can say what was missed. */
const WITHOUT_CUT: ReadonlySet<PrivateReason | null> = new Set<PrivateReason>(['no-rights', 'too-many-ids', 'not-counts'])
/** A fault that an operator has to mend is looked at again after this time. */
const FAULT_RETRY_MS = 60_000
/** Between the looks at scores that don't follow the updates: a publisher may have set them before its first update. */
const DISAGREEMENT = { firstMs: 2000, maxMs: 300_000 }
/** An audit comes up to so much earlier or later, so that nodes that started together don't make their cuts together. */
const AUDIT_JITTER = 0.2

/**
 * Decides when cuts are made, and does what their verdicts ask for: at the start, after each loss of the link, as soon as a second cut can
 * verify the first, and at each audit. One at a time. (docs/architecture.md, "Positions")
 */
@Injectable()
export class PositionsService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly wait: MarkerWait
  private readonly task: CutTask | null
  private readonly runner: CutRunner | null
  private readonly replica = new ReplicaWatch()
  private readonly retry: OneShot
  private readonly audit: OneShot
  private isCutting = false
  private failures = 0
  private disagreements = 0
  /** No cut is made by itself before this time. Monotonic ms. */
  private notBeforeMs = 0
  private isStopped = false

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly node: NodeState,
    log: ScoreLog,
    totals: Totals,
    private readonly positions: Positions,
    private readonly sequence: Sequence,
    @Inject(CutReaderService) private readonly reader: Reader | null,
    private readonly fatal: FatalErrorService,
    private readonly timers: SchedulerRegistry,
  ) {
    this.wait = new MarkerWait(timers, MARKER_MS)
    this.task = reader === null ? null : new CutTask(reader, this.wait, { log, sequence }, config.positions.maxIds)
    const parts = { bus, node, totals, positions, sequence }
    this.runner = this.task && new CutRunner(parts, this.task, config.positions.maxIds, new Logger('Positions'))
    this.retry = new OneShot(timers, 'cut-retry', () => this.request())
    this.audit = new OneShot(timers, 'cut-audit', () => {
      this.armAudit()
      this.request()
    })
  }

  onModuleInit(): void {
    const { bus, sequence } = this
    bus.on('ingest.changed', ({ state }) => {
      if (state === 'ready') {
        this.forget()
        return this.request()
      }
      sequence.interrupt()
      this.wait.lose()
    })
    bus.on('cut.marked', ({ token }) => this.task?.onMarked(token))
    bus.on('scores.summarized', () => {
      if ((sequence.isBroken || sequence.isVerifiable) && performance.now() >= this.notBeforeMs) this.request()
    })
    bus.on('scores.healed', ({ entries, updates }) => {
      this.runner?.healed(entries, updates)
      if (sequence.isBroken) this.request()
    })
  }

  onApplicationBootstrap(): void {
    if (this.reader === null) return void this.sequence.abandon('no-redis', Date.now())
    const { reader } = this
    const look = () => void this.lookAtReplica(reader)
    reader.connect(() => {
      // A command may have cost the last connection, as a write to a replica does.
      if (performance.now() >= this.notBeforeMs) this.request()
      look()
    })
    this.armAudit()
    this.timers.addInterval('replica-check', setInterval(look, REPLICA_MS))
  }

  /** From here on @nestjs/schedule ends timers, so the service arms no more of them. */
  beforeApplicationShutdown(): void {
    this.isStopped = true
    this.wait.stop()
  }

  onApplicationShutdown(): void {
    this.reader?.disconnect()
  }

  /** Makes older ids unknown where updates were missed and no cut can be made. */
  private forget(): void {
    const { privateReason: reason } = this.positions
    if (!WITHOUT_CUT.has(reason)) return
    this.positions.renew()
    this.bus.emit('positions.changed', { reason, isNewData: true })
  }

  /** Makes a cut now, unless one is being made or the log has still to get what the last one showed. */
  private request(): void {
    if (this.runner === null || this.isCutting || this.isStopped || this.sequence.isHealing || this.node.state !== 'ready') return
    this.isCutting = true
    this.cut(this.runner).catch((error: unknown) => this.fatal.end('positions', error))
  }

  private async cut(runner: CutRunner): Promise<void> {
    const ending = await runner.run()
    this.isCutting = false
    if (ending === 'away') this.retryLater(AWAY_RETRY_MS)
    else if (ending === 'retry') this.retryLater(backoffMs(RETRY, ++this.failures, Math.random()))
    else if (ending === 'fault') this.retryLater(FAULT_RETRY_MS)
    else {
      this.failures = 0
      this.retry.disarm()
      // The link was lost once more while the cut was made, and updates may not come for long.
      if (this.sequence.isBroken && !this.sequence.isHealing) return this.retryLater(RETRY.firstMs)
      const disagrees = this.positions.privateReason === 'disagrees'
      this.disagreements = disagrees ? this.disagreements + 1 : 0
      this.notBeforeMs = disagrees ? performance.now() + backoffMs(DISAGREEMENT, this.disagreements, Math.random()) : 0
    }
  }

  /** A replica that was synchronised as a whole has lost messages, as a link that was lost. */
  private async lookAtReplica(reader: Pick<CutReaderService, 'replication'>): Promise<void> {
    // Without the right to INFO, or while Redis is away, nothing is known.
    const info = await reader.replication().catch(() => '')
    if (info === '' || !this.replica.look(info)) return
    this.sequence.interrupt()
    this.request()
  }

  private retryLater(ms: number): void {
    if (this.isStopped) return
    this.notBeforeMs = performance.now() + ms
    this.retry.disarm()
    this.retry.arm(ms)
  }

  private armAudit(): void {
    const ms = this.config.positions.auditMs * (1 + AUDIT_JITTER * (2 * Math.random() - 1))
    if (!this.isStopped && Number.isFinite(ms)) this.audit.arm(ms)
  }
}
