/** The maximum number of segments: the oldest are forgotten. A break of the sequence takes one. */
const MAX_SEGMENTS = 1024

/** Positions of the log from `log` to `end`, at which the shared position is `shared` and goes up with them. */
interface Segment {
  readonly log: number
  readonly shared: number
  end: number
}

/** Where a shared position is in the log. `ahead`: it is after the newest one that this node has. */
export type LogPlace = { readonly at: number } | 'ahead' | 'too-old' | 'unknown'

/**
 * Positions of the log ↔ shared positions, in segments in which each entry of the log is one update. Entries between segments came out of
 * the sequence. The last segment may be open: it grows with the log.
 */
export class PositionMap {
  private segments: Segment[] = []

  /** True while the newest entries of the log are in the sequence. */
  get isOpen(): boolean {
    return this.segments.at(-1)?.end === Number.POSITIVE_INFINITY
  }

  /** The lowest shared position that it knows; null for none. */
  get oldest(): number | null {
    return this.segments[0]?.shared ?? null
  }

  /** Forgets everything. */
  clear(): void {
    this.segments = []
  }

  /** From this position of the log on, the shared position is `shared`. */
  begin(log: number, shared: number): void {
    this.close(log)
    this.segments.push({ log, shared, end: Number.POSITIVE_INFINITY })
    if (this.segments.length > MAX_SEGMENTS) this.segments.shift()
  }

  /** Entries after this position of the log are out of the sequence. */
  close(log: number): void {
    const last = this.segments.at(-1)
    if (last !== undefined && last.end > log) last.end = log
  }

  /** The shared position of a position of the log; null out of the sequence. */
  sharedAt(log: number): number | null {
    for (let n = this.segments.length - 1; n >= 0; n--) {
      const segment = this.segments[n]
      if (segment !== undefined && segment.log <= log) return log <= segment.end ? segment.shared + log - segment.log : null
    }
    return null
  }

  /** @param newest the newest position of the log */
  placeOf(shared: number, newest: number): LogPlace {
    for (let n = this.segments.length - 1; n >= 0; n--) {
      const segment = this.segments[n]
      if (segment === undefined || shared < segment.shared) continue
      const at = segment.log + shared - segment.shared
      const end = Math.min(segment.end, newest)
      if (at <= end) return { at }
      return n === this.segments.length - 1 ? 'ahead' : 'unknown'
    }
    return this.segments.length === 0 ? 'unknown' : 'too-old'
  }
}
