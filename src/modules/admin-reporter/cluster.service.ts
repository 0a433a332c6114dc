import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { PacedText } from '../../common/platform/coalesce.js'
import { parseNodeReport, stateOf } from './node-report.js'
import { ReportReader } from './report-reader.js'
import { StatusService } from './status.service.js'

/** The reports of all nodes, each with its state, as JSON: what Redis has of the others, and this node's own as of now. */
@Injectable()
export class ClusterService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Cluster')
  private readonly paced: PacedText

  constructor(
    private readonly config: AppConfig,
    private readonly status: StatusService,
    private readonly reader: ReportReader,
    timers: SchedulerRegistry,
  ) {
    this.paced = new PacedText('admin-cluster', timers, () => this.build())
  }

  beforeApplicationShutdown(): void {
    this.paced.flushWaiters()
  }

  /** Built at most once a second. While Redis is away it shows this node alone. */
  text(): Promise<string> {
    return this.paced.get()
  }

  private async build(): Promise<string> {
    const { nodeName } = this.config
    const own = parseNodeReport(await this.status.text(true))
    const parts = new Map([[nodeName, JSON.stringify({ ...own, state: 'ok' })]])
    try {
      for await (const [node, report] of this.reader.read()) {
        const state = stateOf(report, Date.now() / 1000)
        if (node !== nodeName && state !== null) parts.set(node, JSON.stringify({ node, ...report, state }))
      }
    } catch (error) {
      this.logger.debug({ msg: 'the reports of the other nodes could not be read', err: error })
    }
    return `[${[...parts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, json]) => json)
      .join(',')}]`
  }
}
