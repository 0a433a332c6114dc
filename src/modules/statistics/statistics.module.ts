import { STATUS_CODES } from 'node:http'
import { type ArgumentsHost, Catch, Global, HttpException, IntrinsicException, Logger, Module } from '@nestjs/common'
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core'
import { firstLine } from '../../common/platform/errors.js'
import { Failures } from '../../common/stats/counters.js'
import { NodeCounters } from '../../common/stats/node-stats.js'
import { NodeCountersService } from './node-counters.service.js'

/**
 * Answers exceptions as Nest does, and counts the unexpected ones, which Nest logs and answers by 500. A client's fault that reaches Nest
 * as an ordinary error, such as a body that breaks off, gets the status that it carries and a line at debug: clients can cause any number.
 */
@Catch()
export class RequestFailuresFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('Http')

  constructor(private readonly failures: Failures) {
    super()
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    const isAnswer = exception instanceof HttpException || exception instanceof IntrinsicException
    const status = isAnswer ? null : clientsFault(exception)
    if (status !== null) this.logger.debug({ msg: 'bad request', status, error: firstLine(exception) })
    else if (!isAnswer) this.failures.count('request')
    // The status text: the message of an ordinary error is not meant for clients.
    super.catch(status === null ? exception : new HttpException(STATUS_CODES[status] ?? 'Bad Request', status), host)
  }
}

/** The status of an error that a client has caused, 400 to 499; null for any other error. */
function clientsFault(error: unknown): number | null {
  if (!(error instanceof Error && 'statusCode' in error)) return null
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : null
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
