import { SchedulerRegistry } from '@nestjs/schedule'

/** Calls back once at the end of a turn of the event loop in which it was scheduled, however often. */
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

/** A named timer that fires once each time it is armed, and stands in the SchedulerRegistry, which ends it at shutdown. */
export class OneShot {
  private armed = false

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly name: string,
    private readonly onFire: () => void,
  ) {}

  /** Does nothing when armed already. Fires up to 1 ms early or late: Node counts whole ms. */
  arm(ms: number): void {
    if (this.armed) return
    this.armed = true
    if (this.registry.doesExist('timeout', this.name)) this.registry.deleteTimeout(this.name)
    this.registry.addTimeout(
      this.name,
      setTimeout(() => {
        this.armed = false
        this.onFire()
        // Rounded up, for Node would cut the fraction off, and who came too early has to wait again.
      }, Math.ceil(ms)),
    )
  }
}

/** How long to wait after so many failures in a row (1 or more): doubling from `firstMs` up to `maxMs`, less up to half of it by chance (0 to 1). */
export function backoffMs(
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
  failures: number,
  chance: number,
): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 16))
  return Math.round(full * (1 - chance / 2))
}
