import type { Redis } from 'ioredis'
import type { RedisConfig } from '../../common/config/app-config.js'
import { INTERACTION_PATTERN, SCORE_UPDATES, TWEET_UPDATES_PATTERN } from '../../common/core/namespace.js'
import { type ReadSwitch, readSwitchOf } from '../../common/platform/node-internals.js'
import { databaseOf, RedisClient, redisCause, subscriberOptions } from '../../common/platform/redis.js'

/**
 * After so many checks without a message or a reply, the connection is replaced: 30 s. A reply that comes without end keeps
 * `socketTimeout` from doing that, and takes memory.
 */
const MAX_SILENT_CHECKS = 15

const CHANNELS = [SCORE_UPDATES, TWEET_UPDATES_PATTERN, INTERACTION_PATTERN]

/** The events of a subscription. */
export interface SubscriptionListener {
  /** All channels and patterns are subscribed. */
  onReady(): void
  /** Redis has answered a check. */
  onAlive(): void
  /** A message of the channel. */
  onMessage(data: Buffer): void
  /** A message of one of the patterns. */
  onPatternMessage(pattern: string, channel: Buffer, data: Buffer): void
  /** The connection was lost; it is being restored. */
  onLost(): void
  /** The server answers and is a Sentinel: it accepts subscriptions, and the updates are published elsewhere. */
  onSentinel(): void
  /** `message` is one line without secrets. `advice` names the cure, if one is known. */
  onError(message: string, advice: string | undefined): void
}

/** One channel and some patterns of Redis, over one connection that is restored without end. */
export class RedisSubscription {
  private readonly redis: Redis
  private isReady = false
  /** True for the present connection if the server is a Sentinel. */
  private isSentinel = false
  /** Checks since the last message or reply. */
  private silentChecks = 0

  constructor(
    private readonly target: RedisConfig,
    private readonly channel: string,
    private readonly patterns: readonly string[],
    private readonly listener: SubscriptionListener,
  ) {
    this.redis = new RedisClient(subscriberOptions(target))
  }

  /**
   * Stops and starts the reading of the present socket. Null while there is none, and where Node has no such switch: Redis is then read at
   * once.
   */
  get readSwitch(): ReadSwitch | null {
    const { stream } = this.redis
    return stream === undefined ? null : readSwitchOf(stream)
  }

  open(): void {
    const { redis, listener } = this
    redis.on('ready', () => {
      this.isSentinel = false
      this.silentChecks = 0
      void this.subscribe()
    })
    redis.on('close', () => this.lose())
    redis.on('error', (error: Error) => this.fail(error))
    redis.on('messageBuffer', (_channel: Buffer, data: Buffer) => {
      this.silentChecks = 0
      listener.onMessage(demandBytes(data))
    })
    redis.on('pmessageBuffer', (pattern: string, channel: Buffer, data: Buffer) => {
      this.silentChecks = 0
      listener.onPatternMessage(pattern, demandBytes(channel), demandBytes(data))
    })
    // The events above report the outcome; ioredis continues after a failed first attempt.
    redis.connect().catch(() => undefined)
  }

  /** Subscribes again after a failed attempt; else checks that Redis answers. */
  check(): void {
    const { redis } = this
    if (redis.status !== 'ready') return
    if (++this.silentChecks > MAX_SILENT_CHECKS) this.replace('Redis sends bytes, and neither a message nor a reply')
    else if (this.isReady) this.ping()
    else void this.subscribe()
  }

  /** Closes the connection, without a reconnect. It is not reported as lost. */
  close(): void {
    this.isReady = false
    this.redis.disconnect()
  }

  /** Destroys the socket, because the server may continue to send after the end of our side; ioredis reconnects. */
  private replace(reason: string): void {
    this.redis.stream.destroy()
    this.fail(new Error(reason))
  }

  private ping(): void {
    this.redis.ping().then(
      () => {
        this.silentChecks = 0
        this.listener.onAlive()
      },
      (error: unknown) => {
        // An error reply is a reply: Redis would refuse a new connection's PING as well.
        this.silentChecks = 0
        this.fail(error)
      },
    )
  }

  private async subscribe(): Promise<void> {
    try {
      // In one batch, because what is published before the reply to SUBSCRIBE is lost.
      await Promise.all([this.detectSentinel(), this.redis.subscribe(this.channel), this.redis.psubscribe(...this.patterns)])
    } catch (error) {
      // An ACL without the channels, or a connection that was lost meanwhile: the next check tries again.
      return this.fail(error)
    } finally {
      this.silentChecks = 0
    }
    if (this.isSentinel) return this.listener.onSentinel()
    this.isReady = true
    this.listener.onReady()
  }

  /** A user without the right to INFO, or a connection that is subscribed already, learns nothing new. */
  private async detectSentinel(): Promise<void> {
    if (this.redis.mode !== 'normal') return
    const info = await this.redis.info('server').catch(() => '')
    this.isSentinel = /^redis_mode:sentinel\s*$/m.test(info)
  }

  private lose(): void {
    if (!this.isReady) return
    this.isReady = false
    this.listener.onLost()
  }

  private fail(error: unknown): void {
    const message = redisCause(error)
    this.listener.onError(message, adviceFor(message, this.target))
  }
}

/**
 * Checks a part of a message, which ioredis passes on as the server has sent it.
 * @throws TypeError, for which RedisClient replaces the connection
 */
function demandBytes(part: Buffer): Buffer {
  if (!Buffer.isBuffer(part)) throw new TypeError('a message without channel or data')
  return part
}

/** The unusual parts of a Redis configuration, one line each. No line contains a secret. */
export function warningsFor({ url, tlsInsecure }: RedisConfig): string[] {
  const { pathname, protocol } = new URL(url)
  const warnings: string[] = []
  const db = databaseOf(pathname)
  if (db !== 0) warnings.push(`REDIS_URL names database ${db}: pub/sub ignores it, and the original streamers always used database 0`)
  if (tlsInsecure && protocol === 'rediss:') {
    warnings.push('REDIS_TLS_INSECURE is on: the certificate of Redis is not checked; give its authority in REDIS_TLS_CA instead')
  }
  return warnings
}

/** The cure for an error of the connection, if there is one to name. */
export function adviceFor(message: string, { url }: RedisConfig): string | undefined {
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(message)) {
    return new URL(url).username === ''
      ? 'REDIS_URL needs the right password: redis://:password@host'
      : 'REDIS_URL has a user, which Redis checks (the original streamers sent the password only): try redis://:password@host'
  }
  if (/NOPERM/.test(message))
    return `grant the user of REDIS_URL exactly these channels: ACL SETUSER <user> ${CHANNELS.map((name) => `&${name}`).join(' ')}`
  if (/self.signed|certificate|CERT_/i.test(message)) return 'give the authority that signed the certificate in REDIS_TLS_CA'
  if (/max number of clients/.test(message)) return 'raise maxclients in redis.conf: a process of this server takes three connections'
  if (/not those of Redis/.test(message)) return 'REDIS_URL must name the port of a Redis; rediss:// is for a port that speaks TLS'
  return undefined
}
