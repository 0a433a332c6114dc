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
  else await (await loadServe()).serve(config, stopSignals)
}

/** Loads the application in parts: Node opens all files of a graph of modules at once, and 256 descriptors are a usual limit. */
async function loadServe(): Promise<typeof import('./bootstrap/serve.js')> {
  await import('@nestjs/core')
  await import('./common/common.module.js')
  return await import('./bootstrap/serve.js')
}

start(process.env).catch(exitWithError)
