import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { Redis } from 'ioredis'
import { AppConfig, type RedisConfig } from '../../common/config/app-config.js'
import { idFault } from '../../common/core/id-fault.js'
import { detailIdBytes, INTERACTION_PATTERN, SCORE_UPDATES, TWEET_UPDATES_PATTERN } from '../../common/core/namespace.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { firstLine } from '../../common/platform/errors.js'
import { type ReadSwitch, readSwitchOf } from '../../common/platform/node-internals.js'
import { subscriberOptions } from '../../common/platform/redis.js'
import { OneShot, TurnEnd } from '../../common/platform/timers.js'
import { NodeState } from '../../common/stats/node-state.js'
import { Refusals } from '../../common/stats/refusals.js'
import { ReadPacer } from './read-pacer.js'
import { adviceFor, warningsFor } from './redis-advice.js'

const CHECK_MS = 2000

/**
 * The only reader of Redis pub/sub: one subscriber connection, raw bytes in, typed events out. It reconnects for ever; while Redis is away
 * nothing is emitted and `NodeState` says so.
 */
@Injectable()
export class RedisIngestService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('RedisIngest')
  private readonly turn = new TurnEnd(() => this.endTurn())
  private readonly pacer: ReadPacer
  /** The score updates of this turn of the event loop. */
  private ids: Uint8Array[] = []
  private readonly target: RedisConfig
  private redis: Redis | undefined

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly status: NodeState,
    private readonly refusals: Refusals,
    private readonly timers: SchedulerRegistry,
  ) {
    if (config.redis === null) throw new TypeError('RedisIngest needs config.redis')
    this.target = config.redis
    const timer = new OneShot(timers, 'redis-read', () => {
      const ms = this.pacer.wait(performance.now())
      if (ms > 0) timer.arm(ms)
      else this.readOn()
    })
    this.pacer = new ReadPacer((ms) => timer.arm(ms))
  }

  onModuleInit(): void {
    this.bus.on('subscriber.opening', () => this.readOn())
    this.bus.on('subscriber.opened', ({ queued }) => {
      this.pacer.opened(queued)
      if (this.pacer.wait(performance.now()) === 0) this.readOn()
    })
    this.bus.on('scores.summarized', ({ atMs }) => this.pacer.flushed(atMs))
    this.bus.on('subscriber.closed', ({ queued }) => this.pacer.closed(queued))
  }

  onApplicationBootstrap(): void {
    this.status.source = 'redis'
    this.changeTo('connecting')
    for (const warning of warningsFor(this.target)) this.logger.warn(warning)
    const redis = new Redis(subscriberOptions(this.target))
    this.redis = redis
    redis.on('ready', () => void this.subscribe(redis))
    redis.on('close', () => this.lose())
    redis.on('error', (error: Error) => this.note(error))
    redis.on('messageBuffer', (_channel: Buffer, id: Buffer) => this.receiveScore(id))
    redis.on('pmessageBuffer', (pattern: string, channel: Buffer, data: Buffer) => this.receiveOther(pattern, channel, data))
    // The outcome is told by the events above; ioredis goes on trying after a first failure.
    redis.connect().catch(() => undefined)
    this.timers.addInterval(
      'redis-check',
      setInterval(() => this.check(redis), CHECK_MS),
    )
  }

  /** From here on @nestjs/schedule ends timers: a connection stopped now would never be read again, nor end. */
  beforeApplicationShutdown(): void {
    this.pacer.stop()
    this.readOn()
  }

  onApplicationShutdown(): void {
    this.changeTo('stopped')
    this.redis?.disconnect()
  }

  private async subscribe(redis: Redis): Promise<void> {
    const patterns = this.config.streams.kioskInteraction ? [TWEET_UPDATES_PATTERN, INTERACTION_PATTERN] : [TWEET_UPDATES_PATTERN]
    try {
      await Promise.all([redis.subscribe(SCORE_UPDATES), redis.psubscribe(...patterns)])
    } catch (error) {
      // An ACL without the channels, or a link lost on the way: the next check tries again.
      return this.note(error)
    }
    this.status.heardAtMs = performance.now()
    this.status.lastError = null
    this.changeTo('ready')
  }

  private check(redis: Redis): void {
    if (redis.status !== 'ready') return
    if (this.status.state !== 'ready') return void this.subscribe(redis)
    redis.ping().then(
      () => {
        this.status.heardAtMs = performance.now()
      },
      (error: unknown) => this.note(error),
    )
  }

  private receiveScore(id: Buffer): void {
    this.hear()
    if (this.accepts(id)) this.ids.push(id)
  }

  private receiveOther(pattern: string, channel: Buffer, data: Buffer): void {
    this.hear()
    if (pattern === TWEET_UPDATES_PATTERN) {
      const id = detailIdBytes(channel)
      if (this.accepts(id)) this.bus.emit('detail.received', { id: id.toString(), data })
    } else if (this.accepts(channel)) this.bus.emit('interaction.received', { channel: channel.toString(), data })
  }

  private accepts(id: Uint8Array): boolean {
    const fault = idFault(id)
    if (fault !== null) this.refusals.count(fault)
    return fault === null
  }

  private hear(): void {
    this.turn.schedule()
  }

  private endTurn(): void {
    this.status.heardAtMs = performance.now()
    const { ids } = this
    if (ids.length > 0) {
      this.ids = []
      this.bus.emit('scores.received', { ids })
    }
    const reading = this.readSwitch
    if (reading !== null) this.pacer.turnEnded(reading, performance.now())
  }

  private readOn(): void {
    this.readSwitch?.readStart()
  }

  /** Null while there is no connection, and where Node has no such switch: Redis is then read at once. */
  private get readSwitch(): ReadSwitch | null {
    const stream = this.redis?.stream
    return stream === undefined ? null : readSwitchOf(stream)
  }

  private lose(): void {
    if (this.status.state === 'ready') this.changeTo('connecting')
  }

  private note(error: unknown): void {
    const message = firstLine(error)
    if (message === this.status.lastError) return
    this.status.lastError = message
    this.logger.warn({ msg: 'Redis is not usable', error: message, advice: adviceFor(message, this.target) })
  }

  private changeTo(state: 'connecting' | 'ready' | 'stopped'): void {
    if (this.status.state === state && this.status.sinceMs !== 0) return
    this.status.state = state
    this.status.sinceMs = Date.now()
    this.logger.log({ msg: 'ingest changed', state })
    this.bus.emit('ingest.changed', { state })
  }
}
