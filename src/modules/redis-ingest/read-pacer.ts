import { FLUSH_MIN_GAP_MS, flushGapMs, MAX_FLUSHES_PER_S } from '../../common/core/flush-schedule.js'
import { DETAILS, detailId } from '../../common/core/namespace.js'

/** The shortest time between two reads while details are the only single messages wanted. A post is delayed by at most as much. */
export const DETAIL_PERIOD_MS = 5

/** The longest time between two reads where flushes are rare: unread messages fill the buffers of the kernel and of Redis. */
export const LONGEST_PERIOD_MS = 100

/**
 * Decides how often Redis is read, because waking up for each message costs more than sending it to a hundred subscribers: at once for raw,
 * kiosk_interaction and queues of plug-ins; at most every 5 ms for details; once per flush period for all other streams, or for none.
 * Messages wait in the kernel meanwhile.
 */
export class ReadPacer {
  /** Subscribers that want each message at once. */
  private eager = 0
  /** Subscribers of details. */
  private details = 0
  /** The least time between two flushes, ms. */
  private gapMs: number
  /** The time of the next flush. Monotonic ms. */
  private flushDueMs = 0
  /** The time of the last read. Monotonic ms. */
  private readMs = 0
  private isStopped = false

  /**
   * @param startIn calls `readStart` of the connection after so many ms
   * @param perSecond the most flushes in a second
   */
  constructor(
    private readonly startIn: (ms: number) => void,
    perSecond: number = MAX_FLUSHES_PER_S,
  ) {
    this.gapMs = flushGapMs(perSecond)
  }

  /** @param queued the namespaces of which a subscriber gets each message */
  opened(queued: readonly string[]): void {
    this.count(queued, 1)
  }

  closed(queued: readonly string[]): void {
    this.count(queued, -1)
  }

  /** Postpones a waiting read to the next flush: a message that is read right after a flush would wait for the next one anyway. */
  flushed(atMs: number): void {
    this.flushDueMs = atMs + this.gapMs
  }

  /** From now on reads come as often as for 60 flushes a second: the node drains. */
  hurry(): void {
    this.gapMs = FLUSH_MIN_GAP_MS
    this.flushDueMs = 0
  }

  /** Ends the pacing: from now on, reading is never stopped. */
  stop(): void {
    this.isStopped = true
  }

  /** Must be called at the end of each turn in which something was read. */
  turnEnded(connection: { readStop(): unknown }, nowMs: number): void {
    if (this.eager > 0 || this.isStopped) return
    connection.readStop()
    this.readMs = nowMs
    // In step with the flush: messages that are read when a flush is due go out in the same turn.
    this.startIn(this.wait(nowMs))
  }

  /**
   * The time until the next read, ms. A caller whose timer fired early (by up to 1 ms) has to wait again: messages that are read just
   * before a flush would wait for the next one.
   */
  wait(nowMs: number): number {
    return this.eager > 0 ? 0 : Math.max(0, this.dueMs - nowMs)
  }

  private get dueMs(): number {
    const { flushDueMs, readMs } = this
    if (this.details === 0) return Math.min(flushDueMs, readMs + LONGEST_PERIOD_MS)
    const detailDueMs = readMs + DETAIL_PERIOD_MS
    return flushDueMs > readMs ? Math.min(flushDueMs, detailDueMs) : detailDueMs
  }

  private count(queued: readonly string[], change: 1 | -1): void {
    if (!queued.every(isDetail)) this.eager += change
    if (queued.some(isDetail)) this.details += change
  }
}

const isDetail = (namespace: string) => namespace === DETAILS || detailId(namespace) !== null
