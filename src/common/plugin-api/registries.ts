import { type PrometheusContentType, Registry } from 'prom-client'
import { AppError } from '../platform/errors.js'
import { isPluginName, PLUGIN_NAME_RULE } from './namespaces.js'

/** Returns true if all is well. A check that throws, or takes longer than a second, counts as false. */
export type HealthCheck = () => boolean | Promise<boolean>

/** `error`: the check has thrown. */
export type CheckOutcome = 'up' | 'down' | 'error'

/** The longest time that a readiness probe waits for a check. */
export const CHECK_TIMEOUT_MS = 1000

/** The server's own indicators. */
const RESERVED_NAMES = ['node', 'ingest']

interface Check {
  readonly ask: HealthCheck
  /** The run that has not ended yet. */
  run: Promise<CheckOutcome> | null
  startedAtMs: number
}

/** The checks of plug-ins for /health/ready. A node that is not ready gets no new clients; its streams continue. */
export class HealthChecks {
  private readonly checks = new Map<string, Check>()

  /** @param onFailure called for each check that throws */
  constructor(private readonly onFailure: (name: string, error: unknown) => void = () => undefined) {}

  get names(): readonly string[] {
    return [...this.checks.keys()]
  }

  /**
   * Adds a check. Its name has 1 to 64 of the characters a-z, 0-9, `_` and `-`.
   * @throws AppError ERR_HEALTH_CHECK if the name is malformed or taken
   */
  add(name: string, ask: HealthCheck): void {
    if (!isPluginName(name))
      throw new AppError('ERR_HEALTH_CHECK', `the name ${JSON.stringify(name)} of a health check is malformed: ${PLUGIN_NAME_RULE}`)
    if (RESERVED_NAMES.includes(name) || this.checks.has(name))
      throw new AppError('ERR_HEALTH_CHECK', `the health check ${name} exists already: choose another name`)
    this.checks.set(name, { ask, run: null, startedAtMs: 0 })
  }

  /** Runs a check, or joins a run that has not ended: a check that hangs is not asked again. Never rejects. */
  run(name: string): Promise<CheckOutcome> {
    const check = this.checks.get(name)
    if (check === undefined) return Promise.resolve('error')
    if (check.run === null) {
      check.startedAtMs = performance.now()
      check.run = this.outcomeOf(name, check.ask).finally(() => {
        check.run = null
      })
    }
    return check.run
  }

  /** True if a run has not ended within CHECK_TIMEOUT_MS. */
  isOverdue(name: string): boolean {
    const check = this.checks.get(name)
    return check !== undefined && check.run !== null && performance.now() - check.startedAtMs >= CHECK_TIMEOUT_MS
  }

  private async outcomeOf(name: string, ask: HealthCheck): Promise<CheckOutcome> {
    try {
      return (await ask()) === true ? 'up' : 'down'
    } catch (error) {
      this.onFailure(name, error)
      return 'error'
    }
  }
}

/**
 * The metrics of this process, which /metrics shows; with workers each series gets a label `worker`. Register with prom-client's own
 * classes: `new Counter({ name, help, registers: [registry] })`. A name must be new; names that begin with `emojitrack_` are reserved for
 * the server.
 */
export class MetricsRegistry extends Registry<PrometheusContentType> {}
