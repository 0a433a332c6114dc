import cluster from 'node:cluster'
import { Logger } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { EXIT_SECOND_SIGNAL, STOP } from '../cluster/ipc.js'
import type { AppConfig } from '../common/config/app-config.js'

/**
 * SIGTERM and SIGINT, or for a worker its primary's word or its end, stop the application in order and end the process with 0, within `timeoutMs`
 * whatever hangs. A second signal ends it at once. (Nest's own shutdown hooks would end it by the signal, exit code 143, and ignore a second one.)
 */
export function stopOnRequest(app: NestFastifyApplication, { worker, shutdown }: AppConfig): void {
  const { timeoutMs } = shutdown
  const logger = new Logger('Application')
  let isStopping = false
  const stop = (cause: string) => {
    if (isStopping) process.exit(EXIT_SECOND_SIGNAL)
    isStopping = true
    logger.log({ msg: 'stopping', cause })
    setTimeout(() => {
      logger.warn({ msg: 'stopping took too long: ended', timeoutMs })
      process.exit(0)
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
  if (worker !== null) listenToPrimary(stop)
  else for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
}

/** A signal may reach the whole group of processes; the primary alone decides what it means. */
function listenToPrimary(stop: (cause: string) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined)
  process.on('message', (message) => {
    if (message === STOP) stop('primary')
  })
  cluster.worker?.once('disconnect', () => {
    // Node ends at once a worker that has not asked for this.
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
    stop('primary has gone')
  })
}
