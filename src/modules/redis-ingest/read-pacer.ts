import { EPS } from '../../common/sse/namespace.js'

/** One period of the flush: who listens to eps alone can't tell the difference. */
export const READ_PERIOD_MS = 17

/** What is paced: the socket of the subscriber connection. */
export interface Pausable {
  pause(): unknown
  resume(): unknown
}

/**
 * While nobody listens to frames that are forwarded one by one (raw, details, kiosk), Redis is read once per period of the flush: waking up for each
 * message costs more than sending it to a hundred subscribers. Messages wait in the kernel meanwhile, as long as they would wait for the flush.
 */
export class ReadPacer {
  /** Subscribers that want each message at once. */
  private eager = 0
  /** When the last flush was. Monotonic ms. */
  private flushedAtMs = 0
  private isStopped = false

  /** @param resumeIn calls `resume` of the connection after so many ms */
  constructor(private readonly resumeIn: (ms: number) => void) {}

  opened(namespaces: readonly string[]): void {
    if (isEager(namespaces)) this.eager++
  }

  closed(namespaces: readonly string[]): void {
    if (isEager(namespaces)) this.eager--
  }

  flushed(nowMs: number): void {
    this.flushedAtMs = nowMs
  }

  /** Pauses nothing any more. */
  stop(): void {
    this.isStopped = true
  }

  /** To be called at the end of each turn in which something was read. */
  turnEnded(connection: Pausable, nowMs: number): void {
    if (this.eager > 0 || this.isStopped) return
    connection.pause()
    // In step with the flush: what is read when the next one is due goes out at once.
    this.resumeIn(Math.max(0, this.flushedAtMs + READ_PERIOD_MS - nowMs))
  }
}

const isEager = (namespaces: readonly string[]) => namespaces.some((namespace) => namespace !== EPS)
