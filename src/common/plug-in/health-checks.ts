/** True where all is well. One that throws, or takes longer than a second, counts as false. */
export type HealthCheck = () => boolean | Promise<boolean>

/** What takes part in /health/ready, beside the server's own indicators. A node that is not ready gets no new clients; its streams go on. */
export class HealthChecks {
  private readonly checks = new Map<string, HealthCheck>()

  /**
   * Adds a check under its own name, 1 to 64 of a-z, 0-9, `_` and `-`.
   * @throws AppError ERR_HEALTH_CHECK where the name is malformed or taken
   */
  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check)
  }
}
