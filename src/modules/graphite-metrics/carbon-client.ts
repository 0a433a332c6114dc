import { backoffMs } from '../../common/platform/timers.js'

/** The name of a figure below the node's path, and its present value. */
export type Figure = readonly [name: string, value: number]

/** A connection to Carbon. It never throws and never blocks its caller. A peer that is away, hangs or closes costs only reports. */
export interface CarbonClient {
  /** Reports that were discarded because the queue was full. */
  readonly dropped: number
  /** Queues a report of whole lines, and sends it as soon as the peer accepts it. */
  send(report: string): void
  /** Stops opening connections and resolving names, but keeps using an open connection. A hanging look-up would keep the process alive. */
  stopConnecting(): void
  /** Closes the connection after the reports that get through within `boundMs`. */
  close(boundMs: number): Promise<void>
}

/**
 * Encodes one report in Carbon's plaintext protocol: `<path>.<name> <value> <epoch s>` and a line feed per figure. Values that are not
 * finite are left out, because Carbon drops them. `atMs` in Unix ms.
 */
export function encodeReport(path: string, figures: readonly Figure[], atMs: number): string {
  const atS = Math.floor(atMs / 1000)
  return figures
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => `${path}.${name} ${plain(value)} ${atS}\n`)
    .join('')
}

/** At most three decimals, and no exponent below 10^21. */
const plain = (value: number): string => String(Math.round(value * 1000) / 1000)

/** Reports that wait for Carbon, bounded in bytes. When the queue is full, the oldest reports are dropped and counted. */
export class ReportQueue {
  dropped = 0
  private readonly reports: Buffer[] = []
  private bytes = 0

  constructor(private readonly maxBytes: number) {}

  push(report: Buffer): void {
    this.reports.push(report)
    this.bytes += report.length
    this.trim()
  }

  /** Puts reports back in front of the queue, oldest first: they are older than the waiting ones. */
  putBack(reports: readonly Buffer[]): void {
    this.reports.unshift(...reports)
    for (const report of reports) this.bytes += report.length
    this.trim()
  }

  /** Takes the oldest report. */
  shift(): Buffer | undefined {
    const report = this.reports.shift()
    this.bytes -= report?.length ?? 0
    return report
  }

  private trim(): void {
    while (this.bytes > this.maxBytes && this.shift() !== undefined) this.dropped++
  }
}

const DELAYS = { firstMs: 1000, maxMs: 60_000 }

export interface ReachabilityListener {
  /** A report or a connection has failed. `cause` is a fixed word or the system's error code, and names no host. */
  onFailure(cause: string): void
  /** The first report after a failure has got through. */
  onRecovery(): void
}

/** Tracks whether Carbon takes reports, and when the next attempt is due. Times are monotonic ms. */
export class Reachability {
  private failures = 0
  private dueAtMs = Number.NEGATIVE_INFINITY

  /** @param random returns numbers from 0 to 1 */
  constructor(
    private readonly listener: ReachabilityListener,
    private readonly random: () => number,
  ) {}

  isDue(nowMs: number): boolean {
    return nowMs >= this.dueAtMs
  }

  failed(cause: string, nowMs: number): void {
    this.failures++
    this.dueAtMs = nowMs + backoffMs(DELAYS, this.failures, this.random())
    this.listener.onFailure(cause)
  }

  /** The connection is still open a period after a report went out over it. */
  confirmed(): void {
    if (this.failures === 0) return
    this.failures = 0
    this.listener.onRecovery()
  }
}

/** The system's code of an error, such as `ECONNREFUSED`. Unlike the message, it names neither host nor address. */
export const causeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : error.name)
