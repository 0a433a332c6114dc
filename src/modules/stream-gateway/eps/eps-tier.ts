import { EPS, epsId } from '../../../common/core/namespace.js'
import type { AudienceKind } from '../fan-out/audience.js'
import type { CursorOwner } from '../fan-out/cursor.js'
import type { FanOut } from '../fan-out/fan-out.js'
import type { FilterFanOut } from './filter-fan-out.js'

/** The fan-outs of eps that are flushed together: of all ids, as increments and as totals, and of filters. */
export class EpsTier {
  constructor(
    private readonly increments: FanOut,
    private readonly totals: FanOut,
    readonly filters: FilterFanOut,
  ) {}

  get isEmpty(): boolean {
    return this.increments.size === 0 && this.totals.size === 0 && this.filters.isEmpty
  }

  /** The position of the last flush. */
  get flushed(): number {
    return this.filters.flushed
  }

  /** Beside eps, filters add nothing: the stream has all ids. */
  ownerOf({ namespaces, hasTotals }: AudienceKind): CursorOwner {
    if (namespaces.includes(EPS)) return hasTotals ? this.totals : this.increments
    return this.filters.filterOf(
      namespaces.flatMap((namespace) => epsId(namespace) ?? []),
      hasTotals,
    )
  }

  /** Takes note of a flush that comes to this tier later. */
  postpone(to: number): void {
    this.increments.postpone(to)
    this.totals.postpone(to)
    this.filters.postpone(to)
  }

  flush(to: number, atMs: number): void {
    this.increments.flush(to, atMs)
    this.totals.flush(to, atMs)
    this.filters.flush(to)
  }

  markDrainTarget(): void {
    this.increments.markDrainTarget()
    this.totals.markDrainTarget()
    this.filters.markDrainTarget()
  }
}
