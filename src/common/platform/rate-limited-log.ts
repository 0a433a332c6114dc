import { firstLine } from './errors.js'

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

/** Warns of what Redis would not do: each kind of refusal for itself, at most once a minute, and with advice where its user lacks a right. */
export class FailureLog {
  private readonly log: RateLimitedLog

  constructor(
    write: (fields: LogFields) => void,
    private readonly msg: string,
    private readonly advice: string,
  ) {
    this.log = new RateLimitedLog(write)
  }

  note(error: unknown): void {
    const message = firstLine(error)
    // Redis begins with a code: NOPERM, WRONGTYPE, OOM. That it was away first must not hide what it says once it is there.
    const [, code = 'failed'] = /^([A-Z]+) /.exec(message) ?? []
    this.log.note(code, { msg: this.msg, error: message, advice: code === 'NOPERM' ? this.advice : undefined })
  }
}
