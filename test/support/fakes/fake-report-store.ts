import { NodeState } from '../../../src/common/stats/node-stats.js'
import { ReportStoreService, type StoredReports } from '../../../src/modules/admin-reporter/cluster-reports.js'
import type { StatusReport } from '../../../src/modules/admin-reporter/status-report.js'

/** A store whose Redis is the test. */
export class FakeReportStore extends ReportStoreService {
  readonly done: string[] = []
  readonly reports: StatusReport[] = []
  readonly fields = new Map<string, string>()
  /** Answers each `put`. */
  answer: () => Promise<void> = () => Promise.resolve()
  onReady: () => void = () => undefined

  constructor() {
    super({ url: 'redis://127.0.0.1:1', tlsCa: undefined, tlsInsecure: false }, new NodeState())
  }

  override connect(onReady: () => void): void {
    this.onReady = onReady
  }

  override async put(node: string, report: string): Promise<void> {
    this.done.push(`put ${node}`)
    this.reports.push(JSON.parse(report))
    await this.answer()
  }

  override read(): Promise<StoredReports> {
    return Promise.resolve({ nowS: Math.floor(Date.now() / 1000), reports: this.fields, tooLarge: 0 })
  }

  override remove(nodes: readonly string[]): Promise<void> {
    if (nodes.length > 0) this.done.push(`remove ${nodes.join()}`)
    for (const node of nodes) this.fields.delete(node)
    return Promise.resolve()
  }

  override removeOwn(node: string, startupTime: number): Promise<void> {
    this.done.push(`remove own ${node} ${startupTime}`)
    return Promise.resolve()
  }

  override disconnect(): void {
    this.done.push('disconnect')
  }
}
