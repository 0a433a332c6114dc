import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { AppModule, type AppParts } from '../app.module.js'
import type { AppConfig } from '../common/config/app-config.js'
import { createLogger, NestLogger } from '../common/platform/logger.js'
import { Relay } from '../common/relay/relay.js'
import { Failures } from '../common/stats/failures.js'
import { configureHttp, httpOptions } from '../http/http-options.js'

/** The log of the application, which counts what Nest says has failed. */
export const createNestLogger = (config: AppConfig, failures: Failures) =>
  new NestLogger(createLogger(config), (kind) => failures.count(kind))

/** The whole application, ready to listen; the tests use it as `main` does. */
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
