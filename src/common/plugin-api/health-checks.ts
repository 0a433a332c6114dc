import { SingleFlight } from '../platform/coalesce.js'
import { AppError } from '../platform/errors.js'
import { isPluginName, PLUGIN_NAME_RULE } from './namespaces.js'

/** True where all is well. One that throws, or takes longer than a second, counts as false. */
export type HealthCheck = () => boolean | Promise<boolean>

/** What an answer says of a check; nothing of what it threw, for the answer is public. */
export type CheckOutcome = 'well' | 'not well' | 'failed' | 'too slow'

/** The server's own indicators. */
const TAKEN = ['node', 'ingest']

/** What takes part in /health/ready, beside the server's own indicators. A node that is not ready gets no new clients; its streams go on. */
export class HealthChecks {
  private readonly checks = new Map<string, SingleFlight<CheckOutcome>>()

  /** @param onFailure hears of checks that throw */
  constructor(private readonly onFailure: (name: string, error: unknown) => void = () => undefined) {}

  get names(): readonly string[] {
    return [...this.checks.keys()]
  }

  /**
   * Adds a check under its own name, 1 to 64 of a-z, 0-9, `_` and `-`.
   * @throws AppError ERR_HEALTH_CHECK where the name is malformed or taken
   */
  add(name: string, check: HealthCheck): void {
    if (!isPluginName(name))
      throw new AppError('ERR_HEALTH_CHECK', `the health check ${JSON.stringify(name)} is refused: ${PLUGIN_NAME_RULE}`)
    if (TAKEN.includes(name) || this.checks.has(name))
      throw new AppError('ERR_HEALTH_CHECK', `the health check ${name} is there already: choose another name`)
    this.checks.set(name, new SingleFlight(() => this.outcomeOf(name, check)))
  }

  /** Runs one check, for a second at most; one that was late is too slow until it has ended. Never rejects. */
  async run(name: string): Promise<CheckOutcome> {
    return (await this.checks.get(name)?.result()) ?? 'too slow'
  }

  private async outcomeOf(name: string, check: HealthCheck): Promise<CheckOutcome> {
    try {
      return (await check()) === true ? 'well' : 'not well'
    } catch (error) {
      this.onFailure(name, error)
      return 'failed'
    }
  }
}
