import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { Logger } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { AppModule, type AppParts } from '../app.module.js'
import { PrimaryLink } from '../cluster/ipc.js'
import type { AppConfig } from '../common/config/app-config.js'
import { NestLogger, openLog } from '../common/logging/logger.js'
import type { StopSignals } from '../common/platform/process.js'
import { RateLimitedLog } from '../common/platform/rate-limited-log.js'
import { Relay } from '../common/relay/relay.js'
import { Failures } from '../common/stats/counters.js'
import { BACKLOG, configureHttp, httpOptions } from '../http/http-server.js'
import { loadPlugins, surviveRejections, warnWhileStarting } from './plugins.js'
import { stopOnRequest } from './shutdown.js'

/** Runs the application in this process, alone or as one of several workers. */
export async function serve(config: AppConfig, signals: StopSignals): Promise<void> {
  const failures = new Failures()
  const logger = createNestLogger(config, failures)
  // Set before plug-ins are loaded, which may log.
  Logger.overrideLogger(logger)
  const onStarted = warnWhileStarting(config.plugins)
  // Before plug-ins are loaded, which may take long: a worker that starts has no part in a question, and says so at once.
  const relay = config.worker === null ? new Relay() : workerRelay(failures)
  const plugins = await loadPlugins(config.plugins, process.cwd())
  if (plugins.length > 0) surviveRejections(failures)
  const app = await createApp(config, { relay, failures, plugins }, logger)
  stopOnRequest(app, config, signals)
  await app.listen({ port: config.port, host: await listenAddress(config.host), backlog: BACKLOG })
  onStarted()
  new Logger('Application').log({ msg: 'listening', url: await app.getUrl() })
  if (config.redis === null && (config.worker ?? 1) === 1) {
    // The notice is for people; the log on standard output is for programs. A closed pipe doesn't end the server.
    process.stderr.on('error', () => undefined).write(`${demoNotice(await app.getUrl())}\n`)
  }
}

/** The logger of the application. It counts the failures that Nest logs. */
export const createNestLogger = (config: AppConfig, failures: Failures) =>
  new NestLogger(openLog(config, failures.log), (kind) => failures.count(kind))

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

/** Logs and counts errors in this worker's answers; the process that asked only sees that a part is missing. */
function workerRelay(failures: Failures): Relay {
  const logger = new Logger('Relay')
  const errors = new RateLimitedLog((fields) => logger.error(fields))
  const link = new PrimaryLink(process)
  link.startBeats()
  return new Relay(link, (question, error) => {
    failures.count('question')
    errors.note(question, { msg: 'failed to answer a question of the relay', question, err: error })
  })
}

/**
 * Fastify serves each address of `localhost` by an HTTP server of its own, and streams need to observe all requests of the one that they
 * know: the first address is used alone.
 */
export async function listenAddress(
  host: string | undefined,
  resolve: (host: string) => Promise<{ address: string }> = lookup,
): Promise<string> {
  if (host === 'localhost') return (await resolve(host)).address
  return host ?? anyAddress()
}

/** `::` accepts IPv4 clients as well, but a machine without IPv6 can't listen on it. */
function anyAddress(): string {
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'))
  return hasIpv6 ? '::' : '0.0.0.0'
}

function demoNotice(url: string): string {
  const base = url.replace('[::1]', 'localhost').replace(/\/$/, '')
  const paths = ['/subscribe/eps', '/subscribe/raw', '/subscribe/details', '/admin/status.json']
  const examples = paths.map((path) => base + path).join(' ')
  const pages = `Watch it at ${base}/ and the server at ${base}/admin/`
  return `No REDIS_URL: streaming an in-process demo feed. ${pages} or try: curl -N ${examples}`
}
