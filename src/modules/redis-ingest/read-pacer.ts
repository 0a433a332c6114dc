import { EPS } from '../../common/sse/namespace.js'

/** The shortest time between two flushes: who listens to eps alone can't tell the difference. */
export const READ_PERIOD_MS = 16.7

/**
 * While nobody listens to frames that are forwarded one by one (raw, details, kiosk), Redis is read once per period of the flush: waking up for each
 * message costs more than sending it to a hundred subscribers. Messages wait in the kernel meanwhile, as long as they would wait for the flush.
 */
export class ReadPacer {
  /** Subscribers that want each message at once. */
  private eager = 0
  /** When the next flush is due. Monotonic ms. */
  private readAtMs = 0
  private isStopped = false

  /** @param startIn calls `readStart` of the connection after so many ms */
  constructor(private readonly startIn: (ms: number) => void) {}

  opened(namespaces: readonly string[]): void {
    if (isEager(namespaces)) this.eager++
  }

  closed(namespaces: readonly string[]): void {
    if (isEager(namespaces)) this.eager--
  }

  /** A flush also puts off a read that is waiting: what is read right after one would wait for the next. */
  flushed(atMs: number): void {
    this.readAtMs = atMs + READ_PERIOD_MS
  }

  /** Lets reading go on from here. */
  stop(): void {
    this.isStopped = true
  }

  /** To be called at the end of each turn in which something was read. */
  turnEnded(connection: { readStop(): unknown }, nowMs: number): void {
    if (this.eager > 0 || this.isStopped) return
    connection.readStop()
    // In step with the flush: what is read when the next one is due goes out in the same turn.
    this.startIn(this.wait(nowMs))
  }

  /** How long reading has to wait still, ms. A timer may fire up to 1 ms early, and what is read just before a flush is due would wait for another. */
  wait(nowMs: number): number {
    return Math.max(0, this.readAtMs - nowMs)
  }
}

const isEager = (namespaces: readonly string[]) => namespaces.some((namespace) => namespace !== EPS)
