import { setImmediate as nextTurn } from 'node:timers/promises'
import { Inject, Injectable } from '@nestjs/common'
import { type NodeReport, parseNodeReport } from './node-report.js'
import { ReportStore } from './report-store.js'

/** Reads what the nodes of the cluster have reported into Redis. */
@Injectable()
export class ReportReader {
  /** How many reports couldn't be read, the last time. */
  unparsable = 0

  constructor(@Inject(ReportStore) private readonly store: ReportStore | null) {}

  /** Node → report, one in a turn of the event loop: some are large. None where there is no Redis. */
  async *read(): AsyncGenerator<readonly [node: string, report: NodeReport]> {
    if (this.store === null) return
    let unparsable = 0
    for (const [node, json] of await this.store.readAll()) {
      const report = parseNodeReport(json)
      if (report === null) unparsable++
      else yield [node, report]
      await nextTurn()
    }
    this.unparsable = unparsable
  }
}
