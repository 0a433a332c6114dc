import { networkInterfaces } from 'node:os'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { AppError } from './common/app-error.js'
import type { AppConfig } from './common/config/app-config.js'
import { loadConfig } from './common/config/load-config.js'
import { createApp } from './create-app.js'
import { BACKLOG } from './http.js'
import { stopOnSignals } from './stop-on-signals.js'

async function main(): Promise<void> {
  const config = loadConfig(process.env)
  const app = await createApp(config)
  stopOnSignals(app, config.shutdown.timeoutMs)
  await listen(app, config)
  if (config.redis === null) process.stdout.write(`${demoNotice(await app.getUrl())}\n`)
}

async function listen(app: NestFastifyApplication, { host, port }: AppConfig): Promise<void> {
  await app.listen({ port, host: host ?? anyAddress(), backlog: BACKLOG })
}

/** `::` takes IPv4 clients as well; a machine without IPv6 can't listen on it. */
function anyAddress(): string {
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'))
  return hasIpv6 ? '::' : '0.0.0.0'
}

function demoNotice(url: string): string {
  const base = url.replace('[::1]', 'localhost').replace(/\/$/, '')
  const paths = ['/subscribe/eps', '/subscribe/raw', '/subscribe/details', '/admin/status.json']
  return `No REDIS_URL: streaming an in-process demo feed. Try: curl -N ${paths.map((path) => base + path).join(' ')}`
}

main().catch((error: unknown) => {
  const isExpected = error instanceof AppError || (error instanceof Error && 'syscall' in error)
  process.stderr.write(`emojitrack-streamer: ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
})
