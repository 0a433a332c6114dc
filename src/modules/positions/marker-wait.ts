import type { SchedulerRegistry } from '@nestjs/schedule'
import { OneShot } from '../../common/platform/timers.js'

/** `marked`: the marker has come. `late`: it has not come in time. `lost`: the link that would have brought it was lost. */
export type MarkerOutcome = 'marked' | 'late' | 'lost'

/** The wait for the marker of a cut, one at a time. */
export class MarkerWait {
  private token: string | null = null
  private outcome: MarkerOutcome | null = null
  private isStopped = false
  private resolve: (outcome: MarkerOutcome) => void = () => undefined
  private readonly timer: OneShot

  constructor(
    registry: SchedulerRegistry,
    private readonly waitMs: number,
  ) {
    this.timer = new OneShot(registry, 'cut-marker', () => this.end('late'))
  }

  /** From here on the marker with this token counts. It may come before the reply of the command that publishes it. */
  begin(token: string): void {
    this.token = token
    this.outcome = null
  }

  /** A marker has come. Returns whether it is the one that is waited for. */
  take(token: string): boolean {
    if (token !== this.token) return false
    this.end('marked')
    return true
  }

  lose(): void {
    if (this.token !== null) this.end('lost')
  }

  /** Arms no timer any more. */
  stop(): void {
    this.isStopped = true
    this.lose()
  }

  /** The outcome, at the latest after the time given. */
  result(): Promise<MarkerOutcome> {
    if (this.isStopped) return Promise.resolve('lost')
    if (this.outcome !== null) return Promise.resolve(this.outcome)
    this.timer.arm(this.waitMs)
    return new Promise((resolve) => {
      this.resolve = resolve
    })
  }

  private end(outcome: MarkerOutcome): void {
    this.token = null
    this.outcome = outcome
    this.timer.disarm()
    this.resolve(outcome)
  }
}
