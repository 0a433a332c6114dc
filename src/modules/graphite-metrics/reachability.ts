import { backoffMs } from '../../common/platform/timers.js'

const DELAYS = { firstMs: 1000, maxMs: 60_000 }

export interface ReachabilityListener {
  /** A report or a connection has failed. `cause`: a fixed word or the system's error code; names no host. */
  onFailure(cause: string): void
  /** The first report after a failure has got through. */
  onRecovery(): void
}

/** Whether Carbon takes reports, and from when on it may be tried again. Times are monotonic ms. */
export class Reachability {
  private failures = 0
  private dueAtMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly listener: ReachabilityListener,
    /** 0 to 1. */
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

  /** The peer still stands, a period after a report went out to it. */
  stands(): void {
    if (this.failures === 0) return
    this.failures = 0
    this.listener.onRecovery()
  }
}

/** The system's code of an error, `ECONNREFUSED` say: unlike the message it names neither host nor address. */
export const causeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : error.name)
