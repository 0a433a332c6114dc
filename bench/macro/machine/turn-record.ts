/** The longest turn of the event loop, and the longest by the CPU time in it. The second one is free of waiting for a processor. */
export interface LongestTurn {
  readonly wallMs: number
  readonly cpuMs: number
}

interface Report extends LongestTurn {
  readonly atNs: number
}

/** The reports of turn-probe.ts: lines of time (ns), longest turn and longest CPU time in one (ms) since the line before. */
export class TurnRecord {
  private rest = ''
  private readonly reports: Report[] = []

  push(text: string): void {
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() ?? ''
    for (const line of lines) {
      const [atNs = 0, wallMs = 0, cpuMs = 0] = line.split(' ').map(Number)
      this.reports.push({ atNs, wallMs, cpuMs })
    }
  }

  /** Tells whether a report has come since that time: a turn that lasts reports at its end. */
  covers(ns: number): boolean {
    return (this.reports.at(-1)?.atNs ?? 0) > ns
  }

  longestSince(ns: number): LongestTurn {
    const since = this.reports.filter(({ atNs }) => atNs > ns)
    return { wallMs: Math.max(0, ...since.map(({ wallMs }) => wallMs)), cpuMs: Math.max(0, ...since.map(({ cpuMs }) => cpuMs)) }
  }
}
