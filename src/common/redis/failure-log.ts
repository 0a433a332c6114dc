import { firstLine } from '../first-line.js'
import { type LogFields, RateLimitedLog } from '../logging/rate-limited-log.js'

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
