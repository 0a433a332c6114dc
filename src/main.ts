import { supervise } from './cluster/supervisor.js'
import { loadConfig } from './common/config/load-config.js'
import { exitWithError } from './common/platform/process.js'

/**
 * Starts the server: as the primary of several workers if the environment asks for them, else as a process that serves.
 * @throws AppError ERR_CONFIG
 */
async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = loadConfig(environment)
  if (config.workers > 1 && config.worker === null) supervise(config)
  // A primary never loads the application; and an invalid configuration is reported before the load.
  else await (await import('./bootstrap/serve.js')).serve(config)
}

start(process.env).catch(exitWithError)
