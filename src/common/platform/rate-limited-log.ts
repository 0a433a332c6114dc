import { AppError, firstLine } from './errors.js'

const PERIOD_MS = 60_000

const DATABASE_ADVICE =
  'name a database that Redis has (a cluster has 0 alone), or leave the number out of REDIS_URL; ACL SETUSER <user> +select allows the rest'

/** The fields of a log line, message included. */
export interface LogFields {
  readonly msg: string
  readonly [field: string]: unknown
}

interface LastWrite {
  readonly atMs: number
  suppressed: number
}

/**
 * Writes the first line of each kind at once and then at most one per minute, with the number of `suppressed` ones. Kinds must come from
 * a bounded set: each keeps an entry.
 */
export class RateLimitedLog {
  private readonly lastWrites = new Map<string, LastWrite>()

  constructor(private readonly write: (fields: LogFields) => void) {}

  note(kind: string, fields: LogFields, nowMs = performance.now()): void {
    const last = this.lastWrites.get(kind)
    if (last !== undefined && nowMs - last.atMs < PERIOD_MS) {
      last.suppressed++
      return
    }
    this.lastWrites.set(kind, { atMs: nowMs, suppressed: 0 })
    this.write(last === undefined || last.suppressed === 0 ? fields : { ...fields, suppressed: last.suppressed })
  }
}

/** Warns of commands that Redis did not perform: at most one line per minute and kind of error, with advice if the user lacks a right. */
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
    // The error code (NOPERM, WRONGTYPE, OOM) is the kind: an earlier lost connection must not suppress a later NOPERM.
    const [, code = 'failed'] = /^([A-Z]+) /.exec(message) ?? []
    const isOfDatabase = error instanceof AppError && error.code === 'ERR_REDIS_DATABASE'
    if (isOfDatabase) this.log.note(error.code, { msg: this.msg, error: message, advice: DATABASE_ADVICE })
    else this.log.note(code, { msg: this.msg, error: message, advice: code === 'NOPERM' ? this.advice : undefined })
  }
}
