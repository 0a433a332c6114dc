import type { Logger } from '@nestjs/common'
import { AppError, firstLine } from '../../common/platform/errors.js'
import { FailureLog } from '../../common/platform/rate-limited-log.js'
import type { Verdict } from '../../common/positions/cut.js'
import { CUT_RIGHTS } from './missing-rights.js'

/** The meaning of verdicts for the operator; the others change nothing. */
const VERDICTS: Partial<Record<Verdict['kind'], string>> = {
  replaced: 'Redis holds another data set: totals and positions begin anew',
  disagrees: 'positions are private: the scores in Redis do not follow the updates',
  drift: 'the scores in Redis have changed by other means than updates: totals and positions begin anew',
  lost: 'Redis has lost data: totals and positions begin anew',
  missed: 'updates were missed, and are sent now',
  skipped: 'updates were missed, and are left out, because HEAL is off',
  incomplete: 'positions are private: this node does not know the totals of all ids',
}

/** The log of the cuts: a line for each change, and none for a fault that lasts. */
export class PositionsLog {
  private fault = ''
  private latest: Verdict | null = null
  private readonly failures: FailureLog

  constructor(private readonly logger: Pick<Logger, 'log' | 'warn' | 'debug'>) {
    const advice = `the user of REDIS_URL needs this as well: ACL SETUSER <user> ${CUT_RIGHTS.join(' ')}`
    this.failures = new FailureLog((fields) => logger.warn(fields), 'the scores in Redis could not be read', advice)
  }

  verdict(verdict: Verdict): void {
    // A sequence that has ended is judged again until Redis has another epoch.
    if (verdict === this.latest) return
    this.latest = verdict
    this.fault = ''
    const msg = VERDICTS[verdict.kind]
    if (msg === undefined) return
    if ('difference' in verdict) this.logger.warn({ msg, ...verdict.difference })
    else if (verdict.kind !== 'missed') this.logger.warn({ msg })
    else if (verdict.updates > 0) this.logger.log({ msg, updates: verdict.updates, ids: verdict.missed.size })
  }

  shared(epoch: string, position: number): void {
    this.logger.log({ msg: 'positions are shared', epoch, position })
  }

  healed(updates: number): void {
    this.logger.log({ msg: 'the updates that were missed are sent', updates })
  }

  /** The name of a data set is gone with it. */
  unnamed(had: string | null, known: string | null): void {
    if (had !== null) this.logger.warn({ msg: 'the epoch in Redis is none of this server, and was replaced', had })
    else if (known !== null) this.logger.warn({ msg: 'Redis has lost data: the epoch is gone', epoch: known })
  }

  rights(missing: readonly string[]): void {
    const rules = missing.join(' ')
    const advice = `ACL SETUSER <user> ${rules} (all that cuts need: ${CUT_RIGHTS.join(' ')})`
    this.once(rules, { msg: 'positions are private: the user of REDIS_URL lacks a right', missing: rules, advice })
  }

  tooManyIds(ids: number, max: number): void {
    this.once('too-many-ids', { msg: 'positions are private: there are more scores than CUT_MAX_IDS', ids, max })
  }

  notCounts(): void {
    this.once('not-counts', { msg: 'positions are private: a score in Redis is negative, no whole number, or too large' })
  }

  failed(error: unknown): void {
    // The ingest has a line for a lost connection.
    if (error instanceof AppError && error.code === 'ERR_REDIS_AWAY') this.logger.debug({ msg: 'no cut was made', error: firstLine(error) })
    else this.failures.note(error)
  }

  private once(fault: string, line: object): void {
    if (fault === this.fault) return
    this.fault = fault
    this.logger.warn(line)
  }
}
