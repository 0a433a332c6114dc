import { Redis, type RedisOptions } from 'ioredis'
import type { RedisConfig } from '../config/app-config.js'
import { AppError } from './errors.js'
import { backoffMs } from './timers.js'

/** A connection without any answer for this long is replaced. With a PING every 2 s, a half-open one is detected within 7 s. */
const SOCKET_TIMEOUT_MS = 5000

/** The back-off between attempts to connect. */
export const RECONNECT_DELAYS = { firstMs: 100, maxMs: 3000 }

/** A command without an answer after this time has failed: a later report replaces a lost one, and shutdown must not wait for them. */
const COMMAND_TIMEOUT_MS = 2000

/** The options of the connection that subscribes, for a redis:// or rediss:// URL. */
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
    retryStrategy: (attempt: number) => backoffMs(RECONNECT_DELAYS, attempt, Math.random()),
    // RedisIngest subscribes on each `ready` itself and handles the outcome. ioredis' own re-subscribe, and a finite number of retries,
    // would cause an unhandled rejection if the connection is lost meanwhile.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
  } satisfies RedisOptions
}

/** The options of a connection for commands: a command fails at once while Redis is away, and after 2 s if it hangs. */
export const commandOptions = (target: RedisConfig) =>
  ({ ...subscriberOptions(target), commandTimeout: COMMAND_TIMEOUT_MS }) satisfies RedisOptions

/** The database in the path of a Redis URL. */
export const databaseOf = (pathname: string): number => Number(pathname.slice(1))

/**
 * A connection to Redis for commands. A command fails with ERR_REDIS_AWAY at once while Redis is away, and within 2 s if it hangs; none
 * is queued.
 */
export class CommandConnection {
  private readonly redis: Redis
  private lastError = ''

  constructor(target: RedisConfig) {
    this.redis = new Redis(commandOptions(target))
  }

  /** Connects, and reconnects whenever the connection is lost. */
  connect(onReady: () => void = () => undefined): void {
    this.redis.on('ready', onReady)
    // The next command that fails reports it.
    this.redis.on('error', (error: Error) => {
      this.lastError = error.message
    })
    this.redis.connect().catch(() => undefined)
  }

  disconnect(): void {
    this.redis.disconnect()
  }

  /**
   * The client, ready for a command.
   * @throws AppError ERR_REDIS_AWAY
   */
  get ready(): Redis {
    if (this.redis.status !== 'ready') {
      throw new AppError('ERR_REDIS_AWAY', `Redis is not connected${this.lastError === '' ? '' : `: ${this.lastError}`}`)
    }
    return this.redis
  }
}
