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
import { MARKER_PATTERN } from '../../common/core/namespace.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { AppError } from '../../common/platform/errors.js'
import { backoffMs, OneShot } from '../../common/platform/timers.js'
import { Positions } from '../../common/positions/positions.js'
import { Sequence, type Verdict } from '../../common/positions/sequence.js'
import { Totals } from '../../common/positions/totals.js'
import { ScoreLog } from '../../common/score-log/score-log.js'
import { NodeState } from '../../common/stats/node-stats.js'
import type { CutOutcome, PrivateReason } from '../../common/stats/reasons.js'
import { CutReaderService } from './cut-reader.service.js'
import { type CutResult, CutTask } from './cut-task.js'
import { MarkerWait } from './marker-wait.js'
import { PositionsLog } from './positions-log.js'

/** A marker that has not come after this time does not come. */
const MARKER_MS = 5000
/** Between attempts that fail. */
const RETRY = { firstMs: 100, maxMs: 30_000 }
/** A fault that an operator has to mend is looked at again after this time. */
const FAULT_RETRY_MS = 60_000
/** An audit comes up to so much earlier or later, so that nodes that started together don't make their cuts together. */
const AUDIT_JITTER = 0.2
/** Redis refuses the subscription of the markers. */
const NO_MARKER = { kind: 'no-rights', missing: [`&${MARKER_PATTERN}`] } as const
const NONE = { outcome: null, isNamed: false } as const
/** How many cuts may follow each other at once: a data set that gets its name takes two, one that was replaced meanwhile a third. */
const MAX_CUTS = 4

/**
 * Decides when cuts are made, and does what their verdicts ask for: at the start, after each loss of the link, as soon as a second cut can
 * verify the first, and at each audit. One at a time. (docs/architecture.md, "Positions")
 */
@Injectable()
export class PositionsService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly log = new PositionsLog(new Logger('Positions'))
  private readonly wait: MarkerWait
  private readonly task: CutTask | null
  private readonly retry: OneShot
  private readonly audit: OneShot
  private isCutting = false
  private failures = 0
  /** No cut is made by itself before this time. Monotonic ms. */
  private notBeforeMs = 0
  private isStopped = false

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly node: NodeState,
    private readonly scores: ScoreLog,
    private readonly totals: Totals,
    private readonly positions: Positions,
    private readonly sequence: Sequence,
    @Inject(CutReaderService) private readonly reader: Pick<CutReaderService, 'connect' | 'disconnect' | 'read' | 'nameEpoch'> | null,
    timers: SchedulerRegistry,
    markerMs = MARKER_MS,
  ) {
    this.wait = new MarkerWait(timers, markerMs)
    this.task = reader === null ? null : new CutTask(reader, this.wait, { log: scores, sequence }, config.positions.maxIds)
    this.retry = new OneShot(timers, 'cut-retry', () => this.request())
    this.audit = new OneShot(timers, 'cut-audit', () => {
      this.armAudit()
      this.request()
    })
  }

  onModuleInit(): void {
    const { bus, sequence } = this
    bus.on('ingest.changed', ({ state }) => {
      if (state === 'ready') return this.request()
      sequence.interrupt()
      this.wait.lose()
    })
    bus.on('cut.marked', ({ token }) => this.task?.onMarked(token))
    bus.on('scores.summarized', () => {
      if (this.isWanted && performance.now() >= this.notBeforeMs) this.request()
    })
    bus.on('scores.healed', ({ entries, updates }) => {
      sequence.healed(entries, updates)
      if (updates > 0) this.log.healed(updates)
      if (sequence.isBroken) this.request()
    })
  }

  onApplicationBootstrap(): void {
    if (this.reader === null) return void this.sequence.abandon('no-redis', Date.now())
    this.reader.connect(() => this.request())
    this.armAudit()
  }

  /** From here on @nestjs/schedule ends timers, so the service arms no more of them. */
  beforeApplicationShutdown(): void {
    this.isStopped = true
    this.wait.stop()
  }

  onApplicationShutdown(): void {
    this.reader?.disconnect()
  }

  /** Makes a cut now, unless one is being made or the log has still to get what the last one showed. */
  private request(): void {
    if (this.isCutting || this.isStopped || this.sequence.isHealing || this.node.state !== 'ready') return
    this.isCutting = true
    void this.cut().finally(() => {
      this.isCutting = false
    })
  }

  /** True while the log needs a cut. Scores that don't follow the updates are looked at again by audits alone. */
  private get isWanted(): boolean {
    const { sequence, positions } = this
    return sequence.isBroken || (sequence.isVerifiable && positions.privateReason !== 'disagrees')
  }

  private async cut(): Promise<void> {
    for (let count = 0; count < MAX_CUTS; count++) {
      const startMs = performance.now()
      const { basis } = this.totals
      const { privateReason } = this.positions
      const { outcome, isNamed } = await this.attempt()
      if (outcome !== null) this.bus.emit('cut.finished', { outcome, tookMs: performance.now() - startMs })
      this.announce(this.totals.basis !== basis, privateReason)
      if (!isNamed) return
    }
    this.retryLater()
  }

  /** One cut, and what follows from it. `isNamed`: the data set has got a name, so that the next cut can be made at once. */
  private async attempt(): Promise<{ readonly outcome: CutOutcome | null; readonly isNamed: boolean }> {
    const { task, node } = this
    try {
      if (node.markerRefusal !== null) return await this.follow(NO_MARKER)
      if (task === null || node.markerChannel === null) return NONE
      return await this.follow(await task.run(node.markerChannel))
    } catch (error) {
      this.log.failed(error)
      this.retryLater()
      return error instanceof AppError ? NONE : { outcome: 'failed', isNamed: false }
    }
  }

  private async follow(result: CutResult): Promise<{ readonly outcome: CutOutcome; readonly isNamed: boolean }> {
    switch (result.kind) {
      case 'judged':
        return { outcome: result.verdict.kind, isNamed: await this.obey(result.verdict, result.epoch) }
      case 'named':
        this.log.unnamed(result.had, this.positions.epoch)
        return { outcome: 'failed', isNamed: true }
      case 'deaf':
        this.bus.emit('cut.unheard', {})
        return { outcome: 'deaf', isNamed: false }
      case 'put-off':
        this.retryLater()
        break
      case 'no-rights':
        this.log.rights(result.missing)
        this.abandon('no-rights')
        break
      case 'too-many-ids':
        this.log.tooManyIds(result.ids, this.config.positions.maxIds)
        this.abandon('too-many-ids')
        break
      case 'not-counts':
        this.log.notCounts()
        this.abandon('not-counts')
    }
    return { outcome: 'failed', isNamed: false }
  }

  /** Does what a verdict asks for. Returns whether the data set has got another name. */
  private async obey(verdict: Verdict, epoch: string): Promise<boolean> {
    this.failures = 0
    this.notBeforeMs = 0
    this.retry.disarm()
    this.log.verdict(verdict)
    if (verdict.kind === 'missed') this.bus.emit('scores.missed', { missed: verdict.missed })
    if (verdict.kind === 'incomplete') this.retryLater(FAULT_RETRY_MS)
    if (this.task === null || (verdict.kind !== 'lost' && verdict.kind !== 'drift')) return false
    return (await this.follow(await this.task.name(epoch))).isNamed
  }

  private announce(isNewData: boolean, before: PrivateReason | null): void {
    const { privateReason: reason, status } = this.positions
    if (reason === null && before !== null) this.log.shared(status.epoch, status.position)
    if (isNewData || reason !== before) this.bus.emit('positions.changed', { reason, isNewData })
  }

  private abandon(reason: PrivateReason): void {
    this.sequence.abandon(reason, Date.now())
    this.retryLater(FAULT_RETRY_MS)
  }

  private retryLater(ms = backoffMs(RETRY, ++this.failures, Math.random())): void {
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
