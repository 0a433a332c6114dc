import { type ArgumentsHost, Catch, Global, HttpException, IntrinsicException, Module } from '@nestjs/common'
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core'
import { Failures } from '../../common/stats/counters.js'
import { NodeCounters } from '../../common/stats/node-stats.js'
import { NodeCountersService } from './node-counters.service.js'

/** Answers exceptions as Nest does, and counts the unexpected ones, which Nest logs and answers by 500. */
@Catch()
export class RequestFailuresFilter extends BaseExceptionFilter {
  constructor(private readonly failures: Failures) {
    super()
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    if (!isExpected(exception)) this.failures.count('request')
    super.catch(exception, host)
  }
}

/** Answers that a controller chose, and Fastify's errors for malformed requests. */
function isExpected(exception: unknown): boolean {
  if (exception instanceof HttpException || exception instanceof IntrinsicException) return true
  if (typeof exception !== 'object' || exception === null || !('statusCode' in exception)) return false
  return typeof exception.statusCode === 'number' && exception.statusCode < 500
}

/** Provides the one set of counters, which all reports read. Global, because modules import no sibling. */
@Global()
@Module({
  providers: [
    NodeCountersService,
    { provide: NodeCounters, useExisting: NodeCountersService },
    { provide: APP_FILTER, useClass: RequestFailuresFilter },
  ],
  exports: [NodeCounters],
})
export class StatisticsModule {}
