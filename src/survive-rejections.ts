import { Logger } from '@nestjs/common'
import { RateLimitedLog } from './common/logging/rate-limited-log.js'
import type { Failures } from './common/stats/counters.js'

/**
 * Logs and counts a promise of a plug-in's that nobody handles, which would end the process otherwise. An exception that nobody catches still does: it
 * has unwound whatever called it, our own loops as well, and nobody knows what it has left half done (docs/decisions/0018-plug-in-surface.md).
 */
export function surviveRejections(failures: Failures): void {
  const logger = new Logger('PlugIns')
  const errors = new RateLimitedLog((fields) => logger.error(fields))
  process.on('unhandledRejection', (error) => {
    failures.count('promise')
    errors.note('promise', { msg: 'a promise was rejected and nobody handled it', err: error })
  })
}
