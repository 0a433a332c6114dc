import { SchedulerRegistry } from '@nestjs/schedule'

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
