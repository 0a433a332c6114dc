import { EPS } from '../../../common/core/namespace.js'
import { encodeEventName } from '../../../common/core/sse-frame.js'
import type { ScoreLog } from '../../../common/score-log/score-log.js'
import { ScoreSummary } from '../../../common/score-log/score-summary.js'
import type { Cursor } from '../fan-out/cursor.js'
import type { FanOutParts } from '../fan-out/fan-out.js'
import type { CatchUp, SliceBudget } from '../fan-out/slice.scheduler.js'
import { Filter, type FilterFormat, type FilterHost } from './filter.js'
import { FilterResumes, ResumePass } from './filter-resumes.js'
import { type FollowedId, FollowedIds } from './followed-ids.js'

/**
 * Brings the filters to the last flush. A flush adds the increments of the ids that it touched to the ids that filters follow, and a round
 * serves the filters of those alone: what nobody's ids have to do with costs nothing. During a round the sums stay as they are; flushes
 * that come meanwhile wait in `FollowedId.waiting`, and the next round folds them in.
 */
export class FilterFanOut implements CatchUp, FilterHost {
  /** The position of the last flush. */
  flushed: number
  /** Where a new cursor starts: the position of the last flush, also of one that comes to this fan-out later. */
  newest: number
  /** The position of the flush up to which the sums of the ids are. */
  summed: number
  /** The lowest position that a cursor can have: the ring has overwritten updates before a flush could sum them up. */
  oldest = 0
  private finished: number
  private readonly ids = new FollowedIds<Filter>()
  private readonly filters = new Map<string, Filter>()
  /** Ids that flushes have touched since the last fold. */
  private changed: FollowedId<Filter>[] = []
  /** Filters with cursors that are behind and may have drained. */
  private lagging = new Set<Filter>()
  private readonly resuming = new FilterResumes()
  private summary: ScoreSummary | null = null
  private drainTarget = Number.NEGATIVE_INFINITY
  private rounds = 0
  private isRunning = false
  private rerunRequested = false

  constructor(
    private readonly log: ScoreLog,
    private readonly parts: FanOutParts,
    readonly format: FilterFormat,
  ) {
    this.flushed = log.position
    this.newest = log.position
    this.summed = log.position
    this.finished = log.position
  }

  get isEmpty(): boolean {
    return this.ids.size === 0
  }

  /** The filter of these ids, each once. It is known from its first subscriber to its last. */
  filterOf(ids: readonly string[], hasTotals: boolean): Filter {
    const sorted = [...ids].sort()
    const key = JSON.stringify([hasTotals, ...sorted])
    return this.filters.get(key) ?? new Filter(key, sorted, hasTotals, this)
  }

  follow(id: string, filter: Filter, hasTotals: boolean): FollowedId<Filter> {
    if (hasTotals) this.format.totals.pin(id)
    this.filters.set(filter.key, filter)
    return this.ids.follow(id, filter, this.flushed)
  }

  remove(filter: Filter, followed: readonly FollowedId<Filter>[], hasTotals: boolean): void {
    this.filters.delete(filter.key)
    this.lagging.delete(filter)
    for (const each of followed) {
      this.ids.unfollow(each, filter)
      if (hasTotals) this.format.totals.unpin(each.id)
    }
  }

  /** Asks for a round that serves a filter. */
  request(filter: Filter): void {
    this.lagging.add(filter)
    this.parts.lagging.request(this)
  }

  /** Gives a cursor its sums in the next round. */
  resume(cursor: Cursor, filter: Filter): void {
    this.resuming.add(cursor, filter)
    this.parts.lagging.request(this)
  }

  isResuming(cursor: Cursor): boolean {
    return this.resuming.has(cursor)
  }

  /** Returns whether the cursor was about to resume. */
  forget(cursor: Cursor): boolean {
    return this.resuming.delete(cursor)
  }

  markDrainTarget(): void {
    this.drainTarget = this.log.position
  }

  /** True while a flush or a resume is due for a cursor. */
  isPending(cursor: Cursor): boolean {
    return this.finished < this.drainTarget || this.isResuming(cursor)
  }

  catchUp(): void {
    if (!this.isIdle) this.run()
  }

  /** Takes note of a flush that comes to this fan-out later, together with others. */
  postpone(to: number): void {
    this.newest = to
  }

  /** Brings the filters to `to`, the first slice at once. */
  flush(to: number): void {
    const from = this.flushed
    this.flushed = to
    this.newest = to
    if (to > from && !this.isEmpty) this.collect(from, to)
    if (!this.isIdle || this.isRunning) this.run()
    else {
      this.summed = to
      this.finished = to
    }
  }

  private get isIdle(): boolean {
    return this.changed.length === 0 && this.lagging.size === 0 && this.resuming.size === 0
  }

  /** Adds the increments of `(from, to]` to the ids that filters follow. */
  private collect(from: number, to: number): void {
    const { log } = this
    this.summary ??= new ScoreSummary(log, encodeEventName(EPS))
    const { summary } = this
    if (!summary.reset(to).extendTo(from)) {
      this.oldest = to
      return
    }
    for (const index of summary.touched) {
      const followed = this.ids.find(log.ids.id(index))
      if (followed === undefined) continue
      if (followed.waiting === 0) this.changed.push(followed)
      followed.waiting += summary.amountOf(index)
    }
  }

  private run(): void {
    this.rerunRequested = this.isRunning
    if (this.isRunning) return
    this.isRunning = true
    this.parts.slices.run('filters', this.round())
  }

  private *round(): Generator<void, void> {
    const { slices } = this.parts
    const budget = slices.budget()
    const { flushed: to, changed } = this
    this.rounds++
    this.summed = to
    this.changed = []
    for (const followed of changed) followed.fold(to)
    if (this.resuming.size > 0) {
      const pass = new ResumePass(this.log, this.ids, to)
      yield* this.resuming.admit(pass, budget, (filter) => this.lagging.add(filter))
    }
    const { lagging } = this
    this.lagging = new Set()
    for (const filter of lagging) yield* this.serve(filter, budget)
    for (const { filters } of changed) for (const filter of filters) yield* this.serve(filter, budget)
    slices.commit()
    this.isRunning = false
    this.finished = to
    if (this.rerunRequested) setImmediate(() => this.run())
  }

  private *serve(filter: Filter, budget: SliceBudget): Generator<void, void> {
    if (filter.servedIn === this.rounds) return
    filter.servedIn = this.rounds
    yield* filter.serve(budget)
  }
}
