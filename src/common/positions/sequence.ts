import type { ScoreLog } from '../score-log/score-log.js'
import type { PrivateReason } from '../stats/reasons.js'
import { type Cut, compare, type Verdict } from './cut.js'
import type { Positions } from './positions.js'
import type { Totals } from './totals.js'

/** Redis gets another epoch for them. */
const RENEWED: ReadonlySet<PrivateReason | null> = new Set<PrivateReason>(['drift', 'data-lost'])

/** The number of updates after the first cut with which a second one can show that scores and messages belong together. */
const UPDATES_TO_VERIFY = 100

/**
 * Whether the log has the same sequence of updates as Redis, and the shared positions that follow. A cut takes three steps: `mark` when the
 * marker comes, `judge` when the scores have come, and `healed` when the log has what was missed.
 */
export class Sequence {
  /** True while updates may be missing in the log: it needs a cut. */
  isBroken = true
  /** True from a cut that shows missed updates until the log has them: no cut may begin. */
  isHealing = false
  private markedAt = 0
  private refusedSinceMark = 0
  private healingSum = 0
  private brokeAgain = false
  /** True while updates wait outside the log: no cut may begin. */
  isPostponed = false
  private postponedAt: { readonly at: number; shared: number } | null = null
  private firstCutAt = 0
  /** True up to the first cut while the log has every update since it began. */
  private isWhole = true
  private hasOldBase = false
  /** The epoch whose sequence has ended, and how: nothing is shared before Redis has another one. */
  private ended: { readonly epoch: string; readonly verdict: Verdict } | null = null

  constructor(
    private readonly log: ScoreLog,
    private readonly totals: Totals,
    private readonly positions: Positions,
    private readonly heals: boolean,
  ) {}

  /** True when a second cut can verify the first. */
  get isVerifiable(): boolean {
    return !this.positions.isVerified && !this.isBroken && this.log.position - this.firstCutAt >= UPDATES_TO_VERIFY
  }

  /** Updates may be missing from here on: the link is lost, or one was discarded. */
  interrupt(): void {
    this.isBroken = true
    this.isWhole &&= this.log.position === 0
    this.brokeAgain = true
    this.positions.map.close(this.log.position)
  }

  /** Updates came that the log refuses, as every node does. */
  refuse(count: number): void {
    const { map } = this.positions
    const at = this.log.position
    this.refusedSinceMark += count
    if (this.postponedAt !== null) this.postponedAt.shared += count
    else if (map.isOpen) map.begin(at, (map.sharedAt(at) ?? 0) + count)
  }

  /** Updates wait outside the log: it gets them in another order than the other nodes. */
  postpone(): void {
    if (this.isPostponed) return
    this.isPostponed = true
    const { map } = this.positions
    const at = this.log.position
    const shared = map.isOpen ? map.sharedAt(at) : null
    if (shared !== null) this.postponedAt = { at, shared }
    map.close(at)
  }

  caughtUp(): void {
    const { postponedAt } = this
    this.isPostponed = false
    this.postponedAt = null
    const { position } = this.log
    if (postponedAt !== null && !this.isBroken) this.positions.map.begin(position, postponedAt.shared + position - postponedAt.at)
  }

  abandon(reason: PrivateReason, nowMs: number): void {
    this.isBroken = true
    this.positions.isVerified = false
    this.positions.map.clear()
    this.positions.setReason(reason, nowMs)
  }

  /** The marker of a cut has come, behind all updates of the cut. False where it can't be judged. */
  mark(): boolean {
    if (this.isHealing || this.isPostponed) return false
    this.totals.mark()
    this.markedAt = this.log.position
    this.refusedSinceMark = 0
    this.brokeAgain = false
    return true
  }

  /** Judges the cut of the last mark. */
  judge(cut: Cut, nowMs: number): Verdict {
    const { positions } = this
    const verdict = this.verdictOf(cut, nowMs)
    if (verdict.kind === 'drift' || verdict.kind === 'lost') {
      this.ended = { epoch: cut.epoch, verdict }
      positions.isVerified = false
      positions.map.clear()
      positions.setReason(verdict.kind === 'lost' ? 'data-lost' : 'drift', nowMs)
    }
    this.totals.unmark()
    return verdict
  }

  private verdictOf(cut: Cut, nowMs: number): Verdict {
    const { positions, totals } = this
    const { epoch } = positions
    if (this.ended?.epoch === cut.epoch) return this.ended.verdict
    this.ended = null
    if (epoch !== cut.epoch || (this.isBroken && !positions.isVerified)) {
      positions.epoch = cut.epoch
      positions.isVerified = false
      this.begin(cut, true)
      // The reason for which Redis got another epoch holds on.
      if (!RENEWED.has(positions.privateReason)) positions.setReason('unverified', nowMs)
      return { kind: epoch === null || epoch === cut.epoch ? 'first' : 'replaced' }
    }
    if (!totals.isComplete) {
      this.abandon('too-many-ids', nowMs)
      return { kind: 'incomplete' }
    }
    const { difference, missed, updates } = compare(cut, totals)
    if (this.isBroken) {
      if (difference !== null && difference.found < difference.expected) return { kind: 'lost', difference }
      if (!this.heals && updates > 0) {
        this.begin(cut, true)
        return { kind: 'skipped' }
      }
      this.isHealing = true
      this.healingSum = cut.sum
      return { kind: 'missed', missed, updates }
    }
    const counted = positions.map.sharedAt(this.markedAt)
    if (difference === null && (counted === null || counted === cut.sum)) {
      this.verify(cut, nowMs)
      return { kind: 'agrees' }
    }
    const change = difference ?? { id: '', expected: counted ?? 0, found: cut.sum }
    if (positions.isVerified) return { kind: change.found < change.expected ? 'lost' : 'drift', difference: change }
    this.begin(cut, false)
    this.hasOldBase = true
    positions.setReason('disagrees', nowMs)
    return { kind: 'disagrees', difference: change }
  }

  private verify(cut: Cut, nowMs: number): void {
    if (this.positions.isVerified || this.markedAt - this.firstCutAt < UPDATES_TO_VERIFY) return
    if (this.hasOldBase) this.rebase(cut)
    this.positions.isVerified = true
    this.positions.setReason(null, nowMs)
  }

  /** The log has the missed updates, in so many entries. */
  healed(entries: number, updates: number): void {
    const { position } = this.log
    this.positions.healed += updates
    this.isHealing = false
    if (this.brokeAgain) return
    this.isBroken = false
    this.open(position, this.healingSum + position - this.markedAt - entries + this.refusedSinceMark)
  }

  /** Goes on with the sequence from here, or behind the updates that wait outside the log. */
  private open(at: number, shared: number): void {
    if (this.isPostponed) this.postponedAt = { at, shared }
    else this.positions.map.begin(at, shared)
  }

  /** Lets the totals begin from a cut. Ids from before it are unknown, but for those of a log that is whole. */
  private rebase({ scores }: Cut): void {
    this.totals.rebase(scores, true)
    if (!this.isWhole || this.positions.hasEarlyTotals) this.positions.renew()
    this.isWhole = false
    this.hasOldBase = false
  }

  private begin(cut: Cut, isBase: boolean): void {
    const { positions, totals, log } = this
    if (isBase) this.rebase(cut)
    else totals.rebase(cut.scores, false)
    const { markedAt, refusedSinceMark } = this
    positions.map.clear()
    this.postponedAt = null
    if (!this.isPostponed && refusedSinceMark === 0) positions.map.begin(markedAt, cut.sum)
    else this.open(log.position, cut.sum + log.position - markedAt + refusedSinceMark)
    this.firstCutAt = markedAt
    this.isBroken = this.brokeAgain
    if (this.isBroken) positions.map.close(markedAt)
  }
}
