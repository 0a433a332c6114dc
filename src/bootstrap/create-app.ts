import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { AppModule, type AppParts } from '../app.module.js'
import type { AppConfig } from '../common/config/app-config.js'
import { createLogger, NestLogger } from '../common/platform/logger.js'
import { Relay } from '../common/relay/relay.js'
import { Failures } from '../common/stats/counters.js'
import { configureHttp, httpOptions } from '../http/http-options.js'

/** The logger of the application. It counts the failures that Nest logs. */
export const createNestLogger = (config: AppConfig, failures: Failures) =>
  new NestLogger(createLogger(config), (kind) => failures.count(kind))

/** The whole application, ready to listen. Tests call it like `serve`. */
export async function createApp(
  config: AppConfig,
  { relay = new Relay(), failures = new Failures(), plugins = [] }: Partial<AppParts> = {},
  logger: NestLogger = createNestLogger(config, failures),
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter(httpOptions(config))
  const module = AppModule.register(config, { relay, failures, plugins })
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger, abortOnError: false })
  configureHttp(app, config)
  return app
}
