import { exitWithError, StopSignals, workerNumber } from './common/platform/process.js'

// First of all: what `start` imports takes half a second to load.
const stopSignals = new StopSignals()
// A worker obeys its primary alone.
if (workerNumber(process.env) !== null) stopSignals.handle(() => undefined)

/**
 * Starts the server: as the primary of several workers if the environment asks for them, else as a process that serves.
 * @throws AppError ERR_CONFIG
 */
async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const { loadConfig } = await import('./common/config/load-config.js')
  const config = loadConfig(environment)
  if (config.workers > 1 && config.worker === null) (await import('./cluster/supervisor.js')).supervise(config, stopSignals)
  // A primary never loads the application; and an invalid configuration is reported before the load.
  else await (await import('./bootstrap/serve.js')).serve(config, stopSignals)
}

start(process.env).catch(exitWithError)
