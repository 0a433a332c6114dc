const PERIOD_MS = 60_000

/** Fields of a log line, with its message. */
export interface LogFields {
  readonly msg: string
  readonly [field: string]: unknown
}

interface Told {
  atMs: number
  suppressed: number
}

/**
 * Lets the first line of each kind through at once, and then at most one per minute, which says how many it `suppressed`. Kinds come from a fixed set: each
 * costs an entry for good.
 */
export class RateLimitedLog {
  private readonly told = new Map<string, Told>()

  constructor(
    private readonly write: (fields: LogFields) => void,
    private readonly periodMs = PERIOD_MS,
  ) {}

  note(kind: string, fields: LogFields, nowMs = performance.now()): void {
    const last = this.told.get(kind)
    if (last !== undefined && nowMs - last.atMs < this.periodMs) {
      last.suppressed++
      return
    }
    this.told.set(kind, { atMs: nowMs, suppressed: 0 })
    this.write(last === undefined || last.suppressed === 0 ? fields : { ...fields, suppressed: last.suppressed })
  }
}
