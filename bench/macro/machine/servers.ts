import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../test/support/servers/free-port.js'
import { hotIds } from '../feed/feed-ids.js'
import { encodeScores } from '../feed/publish.js'
import type { Variant } from '../variant.js'
import type { Pinning } from './host.js'
import { Service } from './service.js'
import type { TurnRecord } from './turn-record.js'

const CHECK_MS = 1000
/** The score of the most frequent id; the k-th gets 1/k of it. */
const HIGHEST_SCORE = 1_000_000_000
const TURN_PROBE = fileURLToPath(new URL('./turn-probe.js', import.meta.url))

/** Starts a real Redis on loopback, without persistence; on a free port unless one is given. */
export async function startRedis(port?: number): Promise<{ readonly redis: Service; readonly redisPort: number }> {
  const redisPort = port ?? (await freePort())
  const command = ['redis-server', '--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = await Service.start({ name: 'redis-server', command, env: {}, isUp: () => accepts(redisPort) })
  return { redis, redisPort }
}

/** Gives every id of the feed a score. */
export function seedScores(redisPort: number): Promise<void> {
  const scores = new Map(hotIds(Number.POSITIVE_INFINITY).map((id, rank) => [id, Math.ceil(HIGHEST_SCORE / (rank + 1))]))
  return new Promise((resolve, reject) => {
    const socket = connect(redisPort, '127.0.0.1', () => socket.write(encodeScores(scores)))
    socket.once('error', reject)
    socket.once('data', (bytes) => {
      socket.destroy()
      if (bytes.toString().startsWith(':')) resolve()
      else reject(new Error(`Redis: ${bytes.toString()}`))
    })
  })
}

/** The addresses and the place of the server under measurement. */
export interface Site {
  readonly port: number
  readonly redisPort: number
  readonly pinning: Pinning
  /** Receives the turns of the server's event loop; null leaves the probe out. */
  readonly turns: TurnRecord | null
}

/** Starts the server under measurement and waits until it has subscribed to Redis. */
export function startStreamer(variant: Variant, { port, redisPort, pinning, turns }: Site): Promise<Service> {
  const env = {
    NODE_ENV: 'production',
    DRAIN_S: '0',
    LOG_LEVEL: 'warn',
    ...variant.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  }
  const probe = turns === null ? [] : ['--import', TURN_PROBE]
  const command = [...pinning.server, process.execPath, '--enable-source-maps', ...probe, variant.main]
  const onReport = turns === null ? undefined : (text: string) => turns.push(text)
  return Service.start({ name: `the server (${variant.label})`, command, env, isUp: () => isReady(port), onReport })
}

/** Returns the number of connections that are subscribed to the score updates. */
export function subscriptions(redisPort: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(redisPort, '127.0.0.1', () => socket.write('PUBSUB NUMSUB stream.score_updates\r\n'))
    socket.once('error', reject)
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(Number(/:(\d+)\r\n$/.exec(bytes.toString())?.[1]))
    })
  })
}

/** Returns the number of streams that the server holds open, by its own count. */
export async function openStreams(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/admin/status.json`, { headers: { connection: 'close' } })
  const status: unknown = await answer.json()
  const isStatus = typeof status === 'object' && status !== null && 'connections_total' in status
  const total = isStatus ? status.connections_total : undefined
  if (typeof total !== 'number') throw new Error('/admin/status.json has no connections_total')
  return total
}

async function isReady(port: number): Promise<boolean> {
  const options = { headers: { connection: 'close' }, signal: AbortSignal.timeout(CHECK_MS) }
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, options)
  await answer.arrayBuffer()
  return answer.ok
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
