import { DETAILS, detailId } from '../../common/core/namespace.js'

/** The shortest time between two flushes: who listens to eps alone, or to sums and values of plug-ins, can't tell the difference. */
export const READ_PERIOD_MS = 16.7

/** The shortest time between two reads while details are the only single messages wanted: a post may come so much later, and with others. */
export const DETAIL_PERIOD_MS = 5

/**
 * Redis is read as often as those who listen can tell, for waking up for each message costs more than sending it to a hundred subscribers: at once for
 * raw, kiosk_interaction and queues of plug-ins, at most every 5 ms for details, and once per period of the flush for all else, or nobody. Messages wait
 * in the kernel meanwhile.
 */
export class ReadPacer {
  /** Subscribers that want each message at once. */
  private eager = 0
  /** Subscribers of details. */
  private details = 0
  /** When the next flush is due. Monotonic ms. */
  private flushDueMs = 0
  /** When something was read last. */
  private readMs = 0
  private isStopped = false

  /** @param startIn calls `readStart` of the connection after so many ms */
  constructor(private readonly startIn: (ms: number) => void) {}

  /** @param queued the namespaces of which a subscriber gets each message */
  opened(queued: readonly string[]): void {
    this.count(queued, 1)
  }

  closed(queued: readonly string[]): void {
    this.count(queued, -1)
  }

  /** A flush also puts off a read that is waiting: what is read right after one would wait for the next. */
  flushed(atMs: number): void {
    this.flushDueMs = atMs + READ_PERIOD_MS
  }

  /** Lets reading go on from here. */
  stop(): void {
    this.isStopped = true
  }

  /** To be called at the end of each turn in which something was read. */
  turnEnded(connection: { readStop(): unknown }, nowMs: number): void {
    if (this.eager > 0 || this.isStopped) return
    connection.readStop()
    this.readMs = nowMs
    // In step with the flush: what is read when the next one is due goes out in the same turn.
    this.startIn(this.wait(nowMs))
  }

  /** How long reading has to wait still, ms. A timer may fire up to 1 ms early, and what is read just before a flush is due would wait for another. */
  wait(nowMs: number): number {
    return this.eager > 0 ? 0 : Math.max(0, this.dueMs - nowMs)
  }

  private get dueMs(): number {
    const { flushDueMs, readMs } = this
    if (this.details === 0) return flushDueMs
    const detailDueMs = readMs + DETAIL_PERIOD_MS
    return flushDueMs > readMs ? Math.min(flushDueMs, detailDueMs) : detailDueMs
  }

  private count(queued: readonly string[], change: 1 | -1): void {
    if (!queued.every(isDetail)) this.eager += change
    if (queued.some(isDetail)) this.details += change
  }
}

const isDetail = (namespace: string) => namespace === DETAILS || detailId(namespace) !== null
