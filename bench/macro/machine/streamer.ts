import type { Variant } from '../variant.js'
import type { Pinning } from './cpus.js'
import { Service } from './service.js'

const PROBE_MS = 1000

/** Starts the server under measurement and waits until it has subscribed to Redis. */
export function startStreamer(variant: Variant, port: number, redisPort: number, pinning: Pinning): Promise<Service> {
  const env = {
    NODE_ENV: 'production',
    DRAIN_S: '0',
    LOG_LEVEL: 'warn',
    ...variant.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  }
  const command = [...pinning.server, process.execPath, '--enable-source-maps', variant.main]
  return Service.start({ name: `the server (${variant.label})`, command, env, isUp: () => isReady(port) })
}

async function isReady(port: number): Promise<boolean> {
  const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_MS) }
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, options)
  await answer.arrayBuffer()
  return answer.ok
}
