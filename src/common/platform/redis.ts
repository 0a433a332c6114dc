import { Redis, type RedisOptions } from 'ioredis'
import type { RedisConfig } from '../config/app-config.js'
import { AppError } from './errors.js'

/** A link that answers nothing for this long is taken for dead and made anew. With a PING every 2 s, a half-open one is noticed within 7 s. */
const SOCKET_TIMEOUT_MS = 5000
const MAX_BACKOFF_MS = 3000
const FIRST_BACKOFF_MS = 50

/** A command that isn't answered by then has failed: reports are late by nature, and shutting down must not wait for long. */
const COMMAND_TIMEOUT_MS = 2000

/** How to reach the Redis of a redis:// or rediss:// URL, for the connection that listens. */
export function subscriberOptions({ url, tlsCa, tlsInsecure }: RedisConfig) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    host,
    port: port === '' ? 6379 : Number(port),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    db: databaseOf(pathname),
    ...(protocol === 'rediss:' && { tls: { host, rejectUnauthorized: !tlsInsecure, ...(tlsCa !== undefined && { ca: tlsCa }) } }),
    lazyConnect: true,
    connectTimeout: SOCKET_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    retryStrategy: (attempt: number) => backoffMs(attempt, Math.random()),
    // RedisIngest subscribes on each `ready` itself and knows the outcome; ioredis' own re-subscribe would end in an unhandled rejection
    // when the link is lost on the way, and a finite number of retries likewise.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
  } satisfies RedisOptions
}

/** Likewise, for a connection that sends commands: each fails at once while Redis is away, and soon when it hangs. */
export const commandOptions = (target: RedisConfig) =>
  ({ ...subscriberOptions(target), commandTimeout: COMMAND_TIMEOUT_MS }) satisfies RedisOptions

export const databaseOf = (pathname: string): number => Number(pathname.slice(1))

/** Exponential from 50 ms to 3 s, less up to half of it by chance, so that many nodes don't come back in step. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 16))
  return Math.round(full * (1 - random / 2))
}

/** A connection to Redis for commands. Each of them fails with ERR_REDIS_AWAY at once while Redis is away, and within 2 s when it hangs; none is queued. */
export class CommandConnection {
  private readonly redis: Redis
  private lastError = ''

  constructor(target: RedisConfig) {
    this.redis = new Redis(commandOptions(target))
  }

  /** Connects, and again whenever the connection is lost. */
  connect(onReady: () => void = () => undefined): void {
    this.redis.on('ready', onReady)
    // Told with the next call that fails.
    this.redis.on('error', (error: Error) => {
      this.lastError = error.message
    })
    this.redis.connect().catch(() => undefined)
  }

  disconnect(): void {
    this.redis.disconnect()
  }

  /** To send a command over, now. */
  get ready(): Redis {
    if (this.redis.status !== 'ready') {
      throw new AppError('ERR_REDIS_AWAY', `Redis is not connected${this.lastError === '' ? '' : `: ${this.lastError}`}`)
    }
    return this.redis
  }
}
