import cluster from 'node:cluster'
import { Logger } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { STOP } from '../cluster/ipc.js'
import type { AppConfig } from '../common/config/app-config.js'
import { EXIT_SECOND_SIGNAL, EXIT_STOP_TIMED_OUT, type StopSignals } from '../common/platform/process.js'

/**
 * Shuts the application down in order and ends the process with code 0, or with 124 once `timeoutMs` have passed. The request comes by
 * SIGTERM or SIGINT; a worker gets it from its primary, by a message or by its end. A second signal ends a single process at once. (Nest's
 * own shutdown hooks would exit with 143 and ignore a second signal.)
 */
export function stopOnRequest(app: NestFastifyApplication, { worker, shutdown }: AppConfig, signals: StopSignals): void {
  const { timeoutMs } = shutdown
  const logger = new Logger('Application')
  let isStopping = false
  const stop = (cause: string) => {
    if (isStopping) process.exit(EXIT_SECOND_SIGNAL)
    isStopping = true
    logger.log({ msg: 'stopping', cause })
    setTimeout(() => {
      logger.warn({ msg: 'shutdown timed out, exiting', timeoutMs })
      process.exit(EXIT_STOP_TIMED_OUT)
    }, timeoutMs).unref()
    app.close().then(
      () => {
        logger.log('stopped')
        process.exit(0)
      },
      (error: unknown) => {
        logger.error(error)
        process.exit(1)
      },
    )
  }
  if (worker === null) signals.handle(stop)
  else listenToPrimary(stop)
}

/**
 * A terminal sends its signals to the whole process group; only the primary acts on them (`main.ts`). `stop` is called once: a primary that
 * ends while its workers drain must not end them at once.
 */
function listenToPrimary(stop: (cause: string) => void): void {
  let isRequested = false
  const stopOnce = (cause: string) => {
    if (!isRequested) stop(cause)
    isRequested = true
  }
  process.on('message', (message) => {
    if (message === STOP) stopOnce('primary')
  })
  cluster.worker?.once('disconnect', () => {
    // Without this mark Node would end the worker at once.
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
    stopOnce('primary exited')
  })
}
