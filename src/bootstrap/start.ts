import { supervise } from '../cluster/supervisor.js'
import { loadConfig } from '../common/config/load-config.js'

/**
 * Starts the server as its environment says: as the primary of several workers, or as a process that serves.
 * @throws AppError ERR_CONFIG
 */
export async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(environment)
  if (config.workers > 1 && config.worker === null) supervise(config)
  // Loaded only here: a primary does without the application, and a mistake in the configuration shows at once.
  else await (await import('./serve.js')).serve(config)
}
