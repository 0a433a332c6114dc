import { networkInterfaces } from 'node:os'
import { Logger } from '@nestjs/common'
import { workerChannel } from './cluster/worker-channel.js'
import type { AppConfig } from './common/config/app-config.js'
import { RateLimitedLog } from './common/logging/rate-limited-log.js'
import { Relay } from './common/relay/relay.js'
import { Failures } from './common/stats/counters.js'
import { createApp, createNestLogger } from './create-app.js'
import { BACKLOG } from './http.js'
import { loadPlugIns } from './load-plug-ins.js'
import { stopOnRequest } from './stop-on-request.js'
import { surviveRejections } from './survive-rejections.js'
import { watchStart } from './watch-start.js'

/** Runs the application in this process: alone, or as one of several workers. */
export async function serve(config: AppConfig): Promise<void> {
  const failures = new Failures()
  const logger = createNestLogger(config, failures)
  // A plug-in may have something to say when it is loaded.
  Logger.overrideLogger(logger)
  const onStarted = watchStart(config.plugIns)
  const plugIns = await loadPlugIns(config.plugIns, process.cwd())
  const relay = config.worker === null ? new Relay() : new Relay(workerChannel, failedAnswers(failures))
  if (plugIns.length > 0) surviveRejections(failures)
  const app = await createApp(config, { relay, failures, plugIns }, logger)
  stopOnRequest(app, config)
  await app.listen({ port: config.port, host: config.host ?? anyAddress(), backlog: BACKLOG })
  onStarted()
  new Logger('Application').log({ msg: 'listening', url: await app.getUrl() })
  if (config.redis === null && (config.worker ?? 1) === 1) {
    // For people, and so beside the log, which programs read. Whoever started it may have closed the pipe: no reason to end, as it is none for the log.
    process.stderr.on('error', () => undefined).write(`${demoNotice(await app.getUrl())}\n`)
  }
}

/** Logs and counts what the answers of this worker throw: who has asked only sees that a part is missing. */
function failedAnswers(failures: Failures): (question: string, error: unknown) => void {
  const logger = new Logger('Relay')
  const errors = new RateLimitedLog((fields) => logger.error(fields))
  return (question, error) => {
    failures.count('question')
    errors.note(question, { msg: 'a question of the relay could not be answered', question, err: error })
  }
}

/** `::` takes IPv4 clients as well; a machine without IPv6 can't listen on it. */
function anyAddress(): string {
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'))
  return hasIpv6 ? '::' : '0.0.0.0'
}

function demoNotice(url: string): string {
  const base = url.replace('[::1]', 'localhost').replace(/\/$/, '')
  const paths = ['/subscribe/eps', '/subscribe/raw', '/subscribe/details', '/admin/status.json']
  return `No REDIS_URL: streaming an in-process demo feed. Watch it at ${base}/ and the server at ${base}/admin/ or try: curl -N ${paths.map((path) => base + path).join(' ')}`
}
