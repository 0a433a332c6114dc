import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { pino } from 'pino'
import { AppModule } from './app.module.js'
import type { AppConfig } from './common/config/app-config.js'
import { NestLogger } from './common/logging/nest-logger.js'
import { configureHttp, httpOptions } from './http.js'

/** The whole application, ready to listen; the tests use it as `main` does. */
export async function createApp(config: AppConfig): Promise<NestFastifyApplication> {
  const logger = new NestLogger(pino({ level: config.logLevel, base: { node: config.nodeName } }))
  const adapter = new FastifyAdapter(httpOptions)
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.register(config), adapter, { logger, abortOnError: false })
  configureHttp(app, config)
  return app
}
