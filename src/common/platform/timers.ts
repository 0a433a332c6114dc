import type { SchedulerRegistry } from '@nestjs/schedule'

/** Calls `onEnd` once at the end of each turn of the event loop in which `schedule` was called. */
export class TurnEnd {
  private isScheduled = false

  constructor(private readonly onEnd: () => void) {}

  schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.onEnd()
    })
  }
}

/** A named timer that fires once each time it is armed. It is in the SchedulerRegistry, which clears it at shutdown. */
export class OneShot {
  private armed = false

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly name: string,
    private readonly onFire: () => void,
  ) {}

  /** Takes the firing back. */
  disarm(): void {
    if (!this.armed) return
    this.armed = false
    // @nestjs/schedule has ended it already, where the application stops.
    if (this.registry.doesExist('timeout', this.name)) this.registry.deleteTimeout(this.name)
  }

  /** Has no effect on an armed timer. Fires up to 1 ms early or late: Node counts whole ms. */
  arm(ms: number): void {
    if (this.armed) return
    this.armed = true
    if (this.registry.doesExist('timeout', this.name)) this.registry.deleteTimeout(this.name)
    this.registry.addTimeout(
      this.name,
      setTimeout(() => {
        this.armed = false
        this.onFire()
        // Rounded up: Node drops the fraction, and a timer that fires early would have to be armed again.
      }, Math.ceil(ms)),
    )
  }
}

/**
 * The delay after `failures` failures in a row (1 or more): doubles from `firstMs` to `maxMs`, shortened by up to a half by `random` (0
 * to 1).
 */
export function backoffMs(
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
  failures: number,
  random: number,
): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 16))
  return Math.round(full * (1 - random / 2))
}

/** Of restarts of a crashed process. */
const DELAYS = { firstMs: 100, maxMs: 10_000 }

/** After a run of this length the count of a process's crashes starts again at 1. */
const SOUND_MS = 30_000

/** The delay before a crashed process is restarted. */
export function restartDelayMs(
  previousCrashes: number,
  livedMs: number,
  random: number,
): { readonly delayMs: number; readonly crashes: number } {
  const crashes = livedMs >= SOUND_MS ? 1 : previousCrashes + 1
  return { delayMs: backoffMs(DELAYS, crashes, random), crashes }
}
