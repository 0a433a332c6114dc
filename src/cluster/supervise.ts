import type { AppConfig } from '../common/config/app-config.js'
import { createLogger } from '../common/logging/create-logger.js'
import { IMPATIENT } from './stop.js'
import { Supervisor } from './supervisor.js'

/** How much longer than a worker's own bound the primary waits for it. */
const GRACE_MS = 1000

/** Runs this process as the primary of `config.workers` workers, until it is told to stop. */
export function supervise(config: AppConfig): void {
  const logger = createLogger(config)
  const supervisor = new Supervisor({
    workers: config.workers,
    timeoutMs: config.shutdown.timeoutMs + GRACE_MS,
    logger,
    onEnd: (exitCode) => process.exit(exitCode),
  })
  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) {
      supervisor.kill()
      process.exit(IMPATIENT)
    }
    isStopping = true
    logger.info({ signal }, 'stopping the workers')
    supervisor.stop(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  supervisor.start()
}
