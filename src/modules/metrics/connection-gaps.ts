import type { IngestState } from '../../common/event-bus/app-events.js'

/** How long, and how often, a source was not ready. Times are monotonic ms. */
export class ConnectionGaps {
  /** How often it was ready again after a gap; the first time is no return. */
  returns = 0
  isReady = false
  private hasBeenReady = false
  private unreadyMs = 0

  /** `sinceMs`: when it is first expected to be ready. */
  constructor(private sinceMs: number) {}

  change(state: IngestState, nowMs: number): void {
    const isReady = state === 'ready'
    if (isReady === this.isReady) return
    if (isReady) {
      this.unreadyMs += nowMs - this.sinceMs
      if (this.hasBeenReady) this.returns++
      this.hasBeenReady = true
    }
    this.isReady = isReady
    this.sinceMs = nowMs
  }

  /** All time without a ready source so far, the gap under way included. */
  totalMs(nowMs: number): number {
    return this.isReady ? this.unreadyMs : this.unreadyMs + nowMs - this.sinceMs
  }
}
