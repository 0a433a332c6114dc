import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../../common/config/app-config.js'
import { PacedText } from '../../common/platform/coalesce.js'
import { parseNodeReport, ReportReaderService, stateOf } from './cluster-reports.js'
import { StatusService } from './status.service.js'

/** The reports of all nodes with their states, as JSON: this node's present report, and those of other nodes from Redis. */
@Injectable()
export class ClusterService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Cluster')
  private readonly paced: PacedText

  constructor(
    private readonly config: AppConfig,
    private readonly status: StatusService,
    private readonly reader: ReportReaderService,
    timers: SchedulerRegistry,
  ) {
    this.paced = new PacedText('admin-cluster', timers, () => this.build())
  }

  beforeApplicationShutdown(): void {
    this.paced.flushWaiters()
  }

  /** Built at most once a second. While Redis is away, this node is the only one in it. */
  text(): Promise<Buffer> {
    return this.paced.get()
  }

  private async build(): Promise<string> {
    const { nodeName } = this.config
    const own = parseNodeReport((await this.status.text(true)).toString())
    const parts = new Map([[nodeName, JSON.stringify({ ...own, state: 'ok' })]])
    try {
      for await (const { node, report, nowS } of this.reader.read()) {
        const state = stateOf(report, nowS)
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
