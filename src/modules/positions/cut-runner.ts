import type { Logger } from '@nestjs/common'
import { MARKER_PATTERN } from '../../common/core/namespace.js'
import type { EventBus } from '../../common/event-bus/event-bus.js'
import { AppError } from '../../common/platform/errors.js'
import type { Verdict } from '../../common/positions/cut.js'
import type { Positions } from '../../common/positions/positions.js'
import type { Sequence } from '../../common/positions/sequence.js'
import type { Totals } from '../../common/positions/totals.js'
import type { NodeState } from '../../common/stats/node-stats.js'
import type { CutOutcome, PrivateReason } from '../../common/stats/reasons.js'
import type { CutResult, CutTask } from './cut-task.js'
import { PositionsLog } from './positions-log.js'

/** Redis refuses the subscription of the markers. */
const NO_MARKER = { kind: 'no-rights', missing: [`&${MARKER_PATTERN}`] } as const
/** How many cuts may follow each other at once: a data set that gets its name takes two, one that was replaced meanwhile a third. */
const MAX_CUTS = 4

/** `retry`: the cut has failed. `away`: there was no connection. `fault`: it can't succeed until an operator has mended the cause. */
export type Ending = 'done' | 'retry' | 'away' | 'fault'

interface Step {
  /** Null where no cut was made. */
  readonly outcome: CutOutcome | null
  /** `again`: the data set has got a name, and the next cut can be made at once. */
  readonly ending: Ending | 'again'
}

/** The parts of the node that a cut reads and changes. */
export interface CutParts {
  readonly bus: Pick<EventBus, 'emit'>
  readonly node: NodeState
  readonly totals: Totals
  readonly positions: Positions
  readonly sequence: Sequence
}

/** Makes a cut, does what its verdict asks for, and announces what has changed. */
export class CutRunner {
  private readonly log: PositionsLog

  constructor(
    private readonly parts: CutParts,
    private readonly task: CutTask,
    private readonly maxIds: number,
    logger: Pick<Logger, 'log' | 'warn' | 'debug'>,
  ) {
    this.log = new PositionsLog(logger)
  }

  async run(): Promise<Ending> {
    const { bus, positions } = this.parts
    for (let count = 0; count < MAX_CUTS; count++) {
      const startMs = performance.now()
      const { privateReason, renewals } = positions
      const { outcome, ending } = await this.attempt()
      if (outcome !== null) bus.emit('cut.finished', { outcome, tookMs: performance.now() - startMs })
      this.announce(positions.renewals !== renewals, privateReason)
      if (ending !== 'again') return ending
    }
    return 'retry'
  }

  /** The log has the updates that were missed. */
  healed(entries: number, updates: number): void {
    this.parts.sequence.healed(entries, updates)
    if (updates > 0) this.log.healed(updates)
  }

  private async attempt(): Promise<Step> {
    const { markerChannel, markerRefusal } = this.parts.node
    if (markerRefusal !== null) return await this.follow(NO_MARKER)
    if (markerChannel === null) return { outcome: null, ending: 'retry' }
    return await this.follow(await this.task.run(markerChannel))
  }

  private async follow(result: CutResult): Promise<Step> {
    switch (result.kind) {
      case 'judged':
        return { outcome: result.verdict.kind, ending: await this.obey(result.verdict, result.epoch) }
      case 'named':
        this.log.unnamed(result.had, this.parts.positions.epoch)
        return { outcome: 'failed', ending: 'again' }
      case 'deaf':
        this.parts.bus.emit('cut.unheard', {})
        return { outcome: 'deaf', ending: 'done' }
      case 'put-off':
        return { outcome: 'failed', ending: 'retry' }
      case 'failed':
        this.log.failed(result.error)
        return result.error instanceof AppError ? { outcome: null, ending: 'away' } : { outcome: 'failed', ending: 'retry' }
      case 'no-rights':
        this.log.rights(result.missing)
        return this.abandon('no-rights')
      case 'too-many-ids':
        this.log.tooManyIds(result.ids, this.maxIds)
        return this.abandon('too-many-ids')
      case 'not-counts':
        this.log.notCounts()
        return this.abandon('not-counts')
    }
  }

  private async obey(verdict: Verdict, epoch: string): Promise<Step['ending']> {
    this.log.verdict(verdict)
    if (verdict.kind === 'missed') this.parts.bus.emit('scores.missed', { missed: verdict.missed })
    if (verdict.kind === 'incomplete') return 'fault'
    if (verdict.kind !== 'lost' && verdict.kind !== 'drift') return 'done'
    const result = await this.task.name(epoch)
    return result.kind === 'named' ? 'again' : (await this.follow(result)).ending
  }

  private abandon(reason: PrivateReason): Step {
    this.parts.sequence.abandon(reason, Date.now())
    return { outcome: 'failed', ending: 'fault' }
  }

  private announce(isNewData: boolean, before: PrivateReason | null): void {
    const { privateReason: reason, status } = this.parts.positions
    if (reason === null && before !== null) this.log.shared(status.epoch, status.position)
    if (isNewData || reason !== before) this.parts.bus.emit('positions.changed', { reason, isNewData })
  }
}
