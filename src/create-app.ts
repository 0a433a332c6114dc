import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { AppModule, type AppParts } from './app.module.js'
import type { AppConfig } from './common/config/app-config.js'
import { createLogger } from './common/logging/create-logger.js'
import { NestLogger } from './common/logging/nest-logger.js'
import { Relay } from './common/relay/relay.js'
import { Failures } from './common/stats/counters.js'
import { configureHttp, httpOptions } from './http.js'

/** The log of the application. It also counts exceptions that only appear in Nest's log. */
export const createNestLogger = (config: AppConfig, failures: Failures) =>
  new NestLogger(createLogger(config), (kind) => failures.count(kind))

/** The whole application, ready to listen; the tests use it as `main` does. */
export async function createApp(
  config: AppConfig,
  { relay = new Relay(), failures = new Failures(), plugIns = [] }: Partial<AppParts> = {},
  logger: NestLogger = createNestLogger(config, failures),
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter(httpOptions(config))
  const module = AppModule.register(config, { relay, failures, plugIns })
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger, abortOnError: false })
  configureHttp(app, config)
  return app
}
