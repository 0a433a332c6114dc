import { SchedulerRegistry } from '@nestjs/schedule'
import { EventBus } from '../../src/common/event-bus/event-bus.js'
import { FatalErrorService } from '../../src/common/platform/fatal-error.service.js'
import { Discards } from '../../src/common/stats/counters.js'
import { SummarizerService } from '../../src/modules/summarizer/summarizer.service.js'
import { positionsOf } from '../../test/support/fakes/positions.js'
import type { Case } from './measure.js'
import { drawnIds, fullLog } from './sample-log.js'

/** The updates of 17 ms at 50,000 a second. */
const BATCH = 850
const CONFIG = { streams: { epsMaxHz: 60 } }

/** The cost of an update behind the parser of Redis: from the bus into the log. */
export function ingestCases(): readonly Case[] {
  const bus = new EventBus((_event, error) => {
    throw error
  })
  const log = fullLog()
  const { totals, sequence } = positionsOf(log)
  new SummarizerService(bus, log, totals, sequence, new Discards(), new FatalErrorService(), new SchedulerRegistry(), CONFIG).onModuleInit()
  const ids = drawnIds().slice(0, BATCH)
  const run = () => {
    bus.emit('scores.received', { ids })
    return log.position
  }
  return [{ name: `ingest of ${BATCH} updates, bus to log, per update`, ops: BATCH, run }]
}
