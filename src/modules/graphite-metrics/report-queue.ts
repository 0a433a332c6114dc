/** The reports that wait for Carbon, bounded in bytes: the oldest ones give way, and are counted. */
export class ReportQueue {
  /** How many reports have given way. */
  dropped = 0
  private readonly reports: Buffer[] = []
  private bytes = 0

  constructor(private readonly maxBytes: number) {}

  get isEmpty(): boolean {
    return this.reports.length === 0
  }

  push(report: Buffer): void {
    this.reports.push(report)
    this.bytes += report.length
    this.trim()
  }

  /** Puts back what was taken too early, oldest first; it is older than what waits. */
  putBack(reports: readonly Buffer[]): void {
    this.reports.unshift(...reports)
    for (const report of reports) this.bytes += report.length
    this.trim()
  }

  /** Takes the oldest. */
  shift(): Buffer | undefined {
    const report = this.reports.shift()
    this.bytes -= report?.length ?? 0
    return report
  }

  private trim(): void {
    while (this.bytes > this.maxBytes && this.shift() !== undefined) this.dropped++
  }
}
