import { Global, Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { NodeCounters } from '../../common/stats/node-counters.js'
import { NodeCountersService } from './node-counters.service.js'
import { RequestFailuresFilter } from './request-failures.filter.js'

/** The one set of books, which all reports read. Global, because modules import no sibling. */
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
