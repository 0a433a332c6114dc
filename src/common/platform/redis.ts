import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import { Redis, type RedisOptions } from 'ioredis'
import type { RedisConfig } from '../config/app-config.js'
import { AppError, firstLine } from './errors.js'
import { backoffMs } from './timers.js'

const require = createRequire(import.meta.url)

/** A connection without any answer for this long is replaced. With a PING every 2 s, a half-open one is detected within 7 s. */
const SOCKET_TIMEOUT_MS = 5000

/** The back-off between attempts to connect. */
export const RECONNECT_DELAYS = { firstMs: 100, maxMs: 3000 }

/** A command without an answer after this time has failed: a later report replaces a lost one, and shutdown must not wait for them. */
const COMMAND_TIMEOUT_MS = 2000

/** The options of the connection that subscribes, for a redis:// or rediss:// URL. Pub/sub knows no databases: it selects none. */
export function subscriberOptions({ url, tlsCa, tlsInsecure }: RedisConfig) {
  const { protocol, hostname, port, username, password } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const tls = {
    host,
    // Without SNI, an endpoint that serves several names shows the wrong certificate. An address is no server name (RFC 6066, section 3).
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: !tlsInsecure,
    ...(tlsCa !== undefined && { ca: tlsCa }),
  }
  return {
    host,
    port: port === '' ? 6379 : Number(port),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    db: 0,
    ...(protocol === 'rediss:' && { tls }),
    // Nothing needs RESP3, and some servers refuse HELLO, or accept HELLO 3 and then send RESP2 (docs/decisions/0008).
    protocol: 2,
    // CLIENT SETINFO would be the first command, and ioredis ignores its error: the reason of a Redis at `maxclients` would be lost.
    disableClientInfo: true,
    lazyConnect: true,
    connectTimeout: SOCKET_TIMEOUT_MS,
    // While Redis loads its data, ioredis asks it again after the time that Redis estimates, within this bound.
    maxLoadingRetryTime: 1000,
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
  ({
    ...subscriberOptions(target),
    db: databaseOf(new URL(target.url).pathname),
    commandTimeout: COMMAND_TIMEOUT_MS,
  }) satisfies RedisOptions

/** The database in the path of a Redis URL. */
export const databaseOf = (pathname: string): number => Number(pathname.slice(1))

/** An `error` event of ioredis. An error reply of Redis names the command. */
export interface RedisError extends Error {
  readonly command?: { readonly name: string }
}

/** A permanent error of SELECT: no such database, no right to the command, a cluster. */
export const refusesDatabase = ({ command, message }: RedisError): boolean =>
  command?.name === 'select' && /^(ERR (invalid )?DB index|ERR SELECT|NOPERM)\b/.test(message)

/** The errors of ioredis for replies that are malformed, and for those that belong to no command. */
const PROTOCOL_FAULT = /please report (this|it)\./i
const MALFORMED = 'the replies are not those of Redis'

/** The cause in an error of ioredis, as one line. It never holds a message of a channel. */
export function redisCause(error: unknown): string {
  const line = firstLine(error)
  if (!PROTOCOL_FAULT.test(line)) return line
  // An error reply that comes before any command: Redis refuses the connection.
  const [, refusal] = / Last error: (.*)$/.exec(line) ?? []
  const [, detail = 'a reply to no command'] = /^(?!Command queue)(.*?)\. Please report this\.$/.exec(line) ?? []
  return refusal ?? `${MALFORMED}: ${detail}`
}

/** A client that replaces the connection after a malformed reply: the replies behind it may belong to other commands. */
export class RedisClient extends Redis {
  constructor(options: Omit<RedisOptions, 'replyMapping'>) {
    super(options)
    this.on('error', (error: Error) => {
      if (PROTOCOL_FAULT.test(error.message)) this.stream.destroy()
    })
  }
}

/**
 * Lets the handler of replies in ioredis 6 report an exception as an `error` event. By itself it throws the exception in the next tick,
 * which ends the process: `*0` on a connection that is subscribed does that. Other clients than `RedisClient` keep that behaviour.
 */
function reportMalformedReplies(): void {
  // The package does not export the class.
  const { default: handler }: { readonly default: { readonly prototype: object } } = require('ioredis/built/DataHandler.js')
  const { prototype } = handler
  const dispatch: unknown = Reflect.get(prototype, 'dispatch')
  if (typeof dispatch !== 'function') return
  Reflect.set(prototype, 'dispatch', function (this: { readonly redis: unknown }, handle: () => void): void {
    const { redis } = this
    if (!(redis instanceof RedisClient)) return void Reflect.apply(dispatch, this, [handle])
    try {
      handle()
    } catch (error) {
      redis.silentEmit('error', new Error(`${firstLine(error)}. Please report this.`, { cause: error }))
    }
  })
}
reportMalformedReplies()

/**
 * A connection to Redis for commands. A command fails with ERR_REDIS_AWAY at once while Redis is away, and within 2 s if it hangs; none
 * is queued. While Redis refuses the database of the URL, commands fail with ERR_REDIS_DATABASE: none reaches another database.
 */
export class CommandConnection {
  private readonly redis: Redis
  /** The first error of the present attempt, which is the cause of the others. */
  private cause = ''
  private refusal: AppError | null = null

  /** @param refused holds `name` from the moment that Redis refuses the database until it accepts it */
  constructor(
    target: RedisConfig,
    private readonly name: string,
    private readonly refused: Set<string>,
  ) {
    // After a managed failover the server behind an open connection may be a replica: the next command belongs on a new connection.
    const reconnectOnError = ({ message }: Error) => /^(READONLY|MASTERDOWN) /.test(message)
    this.redis = new RedisClient({ ...commandOptions(target), reconnectOnError })
  }

  /** Connects, and reconnects whenever the connection is lost. */
  connect(onReady: () => void = () => undefined): void {
    this.redis.on('connecting', () => {
      this.cause = ''
    })
    this.redis.on('ready', () => {
      this.refusal = null
      this.refused.delete(this.name)
      onReady()
    })
    // The next command that fails reports it.
    this.redis.on('error', (error: RedisError) => this.note(error))
    this.redis.connect().catch(() => undefined)
  }

  disconnect(): void {
    this.redis.disconnect()
  }

  /**
   * The client, ready for a command.
   * @throws AppError ERR_REDIS_AWAY, ERR_REDIS_DATABASE
   */
  get ready(): Redis {
    if (this.refusal !== null) throw this.refusal
    if (this.redis.status !== 'ready') {
      throw new AppError('ERR_REDIS_AWAY', `Redis is not connected${this.cause === '' ? '' : `: ${this.cause}`}`)
    }
    return this.redis
  }

  private note(error: RedisError): void {
    const cause = redisCause(error)
    if (this.cause === '') this.cause = cause
    if (refusesDatabase(error)) {
      this.refusal = new AppError('ERR_REDIS_DATABASE', `Redis refuses database ${this.redis.options.db}: ${cause}`)
      this.refused.add(this.name)
    }
    // ioredis would treat the connection as ready, in database 0.
    if (error.command?.name === 'select') this.redis.disconnect(true)
  }
}
