import { Logger } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'

/**
 * SIGTERM and SIGINT stop the application in order and end the process with 0, within `timeoutMs` whatever hangs. A second signal ends it at once.
 * (Nest's own shutdown hooks would end it by the signal, exit code 143, and ignore a second one.)
 */
export function stopOnSignals(app: NestFastifyApplication, timeoutMs: number): void {
  const logger = new Logger('Application')
  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(130)
    isStopping = true
    logger.log({ msg: 'stopping', signal })
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
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
