import type { Redis } from 'ioredis'
import type { RedisConfig } from '../../common/config/app-config.js'
import { type ReadSwitch, readSwitchOf } from '../../common/platform/node-internals.js'
import { RedisClient, redisCause, subscriberOptions } from '../../common/platform/redis.js'
import { adviceFor } from './redis-advice.js'

/**
 * After so many checks without a message or a reply, the connection is replaced: 30 s. A reply that comes without end keeps
 * `socketTimeout` from doing that, and takes memory.
 */
const MAX_SILENT_CHECKS = 15

/** A marker channel that Redis has refused is tried again after so many checks: 60 s. */
const MARKER_RETRY_CHECKS = 30

/** The subjects of a subscription. */
export interface Subjects {
  /** The channel of the score updates. */
  readonly scores: string
  readonly patterns: readonly string[]
  /** The channel of the markers. Its refusal does not affect the others. */
  readonly marker: string
}

/** The events of a subscription. */
export interface SubscriptionListener {
  /** All channels and patterns are subscribed. */
  onReady(): void
  /** Redis has answered a check. */
  onAlive(): void
  /** A message of the channel of scores. */
  onMessage(data: Buffer): void
  /** A message of the channel of markers. */
  onMarker(token: Buffer): void
  /** The channel of markers is subscribed (null), or Redis has refused it for this reason. */
  onMarkerChannel(refusal: string | null): void
  /** A message of one of the patterns. */
  onPatternMessage(pattern: string, channel: Buffer, data: Buffer): void
  /** The connection was lost; it is being restored. */
  onLost(): void
  /** The server answers and is a Sentinel: it accepts subscriptions, and the updates are published elsewhere. */
  onSentinel(): void
  /** `message` is one line without secrets. `advice` names the cure, if one is known. */
  onError(message: string, advice: string | undefined): void
}

/** Two channels and some patterns of Redis, over one connection that is restored without end. */
export class RedisSubscription {
  private readonly redis: Redis
  private isReady = false
  /** True for the present connection if the server is a Sentinel. */
  private isSentinel = false
  /** Checks since the last message or reply. */
  private silentChecks = 0
  private readonly marker: Buffer
  /** Checks since Redis has refused the channel of markers; null while it is subscribed. */
  private refusedChecks: number | null = null

  constructor(
    private readonly target: RedisConfig,
    private readonly subjects: Subjects,
    private readonly listener: SubscriptionListener,
  ) {
    this.marker = Buffer.from(subjects.marker)
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
    const { redis, listener, marker } = this
    redis.on('ready', () => {
      this.isSentinel = false
      this.silentChecks = 0
      void this.subscribe()
    })
    redis.on('close', () => this.lose())
    redis.on('error', (error: Error) => this.fail(error))
    redis.on('messageBuffer', (channel: Buffer, data: Buffer) => {
      this.silentChecks = 0
      if (demandBytes(channel).length === marker.length && channel.equals(marker)) listener.onMarker(demandBytes(data))
      else listener.onMessage(demandBytes(data))
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
    else if (!this.isReady) void this.subscribe()
    else {
      this.ping()
      if (this.refusedChecks !== null && ++this.refusedChecks >= MARKER_RETRY_CHECKS) void this.subscribeMarker()
    }
  }

  /** Closes the connection, without a reconnect. It is not reported as lost. */
  close(): void {
    this.isReady = false
    this.redis.disconnect()
  }

  /** Destroys the socket, because the server may continue to send after the end of our side; ioredis reconnects. */
  replace(reason: string): void {
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
      const { scores, patterns } = this.subjects
      await Promise.all([this.detectSentinel(), this.redis.subscribe(scores), this.redis.psubscribe(...patterns), this.subscribeMarker()])
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

  /** By a command of its own, which an ACL may refuse alone. The error of a lost connection is that of the others too. */
  private async subscribeMarker(): Promise<void> {
    this.refusedChecks = null
    try {
      await this.redis.subscribe(this.subjects.marker)
      this.listener.onMarkerChannel(null)
    } catch (error) {
      this.refusedChecks = 0
      this.listener.onMarkerChannel(redisCause(error))
    }
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
