import { randomBytes } from 'node:crypto'
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig, type RedisConfig } from '../../common/config/app-config.js'
import {
  detailIdBytes,
  INTERACTION_PATTERN,
  idFault,
  MARKER_PREFIX,
  SCORE_UPDATES,
  TWEET_UPDATES_PATTERN,
} from '../../common/core/namespace.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { OneShot, TurnEnd } from '../../common/platform/timers.js'
import { Discards } from '../../common/stats/counters.js'
import { NodeState } from '../../common/stats/node-stats.js'
import { LinkState } from './link-state.js'
import { ReadPacer } from './read-pacer.js'
import { DEAF, warningsFor } from './redis-advice.js'
import { RedisSubscription, type SubscriptionListener } from './redis-subscription.js'
import { ScoreBatch } from './score-batch.js'

const CHECK_MS = 2000
/**
 * After so many messages in a turn of the event loop the ingest reads on in the next one: about 10 ms of work. libuv reads up to 2 MB in
 * a turn, which can be 40,000 messages.
 */
const MAX_MESSAGES_PER_TURN = 2000

/**
 * Turns the messages of Redis pub/sub into typed events on the bus. It is the only reader of Redis pub/sub. While Redis is away it emits
 * nothing, and `NodeState` says so.
 */
@Injectable()
export class RedisIngestService
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown, SubscriptionListener
{
  private readonly logger = new Logger('RedisIngest')
  private readonly link: LinkState
  private readonly turn = new TurnEnd(() => this.endTurn())
  private readonly pacer: ReadPacer
  private readonly readTimer: OneShot
  private readonly target: RedisConfig
  private readonly subscription: RedisSubscription
  private readonly batch: ScoreBatch
  /** The channel of the markers of this process. */
  private readonly marker = `${MARKER_PREFIX}${randomBytes(8).toString('hex')}`
  /** How many messages this turn has brought. */
  private messages = 0

  constructor(
    config: AppConfig,
    private readonly bus: EventBus,
    private readonly node: NodeState,
    private readonly discards: Discards,
    private readonly timers: SchedulerRegistry,
  ) {
    if (config.redis === null) throw new TypeError('RedisIngest needs config.redis')
    this.target = config.redis
    const patterns = config.streams.kioskInteraction ? [TWEET_UPDATES_PATTERN, INTERACTION_PATTERN] : [TWEET_UPDATES_PATTERN]
    this.subscription = new RedisSubscription(config.redis, { scores: SCORE_UPDATES, patterns, marker: this.marker }, this)
    this.batch = new ScoreBatch(bus)
    this.link = new LinkState(node, bus, this.logger)
    this.readTimer = new OneShot(timers, 'redis-read', () => {
      const ms = this.pacer.wait(performance.now())
      if (ms > 0) this.readTimer.arm(ms)
      else this.readOn()
    })
    this.pacer = new ReadPacer((ms) => this.readTimer.arm(ms), config.streams.epsMaxHz)
  }

  onModuleInit(): void {
    this.bus.on('subscriber.opening', () => this.readOn())
    this.bus.on('subscriber.opened', ({ queued }) => {
      this.pacer.opened(queued)
      if (this.pacer.wait(performance.now()) === 0) this.readOn()
    })
    this.bus.on('scores.summarized', ({ atMs }) => this.pacer.flushed(atMs))
    this.bus.on('subscriber.closed', ({ queued }) => this.pacer.closed(queued))
    this.bus.on('cut.unheard', () => this.replaceDeafLink())
    this.bus.on('node.draining', () => {
      this.pacer.hurry()
      // A pause that begins in this turn is one of the new pace.
      this.readTimer.disarm()
      this.readOn()
    })
  }

  onApplicationBootstrap(): void {
    this.node.source = 'redis'
    this.link.changeTo('connecting')
    for (const warning of warningsFor(this.target)) this.logger.warn(warning)
    this.subscription.open()
    this.timers.addInterval(
      'redis-check',
      setInterval(() => this.subscription.check(), CHECK_MS),
    )
  }

  /** @nestjs/schedule deletes all timers now: a socket whose reading is stopped would never resume, and never see its end. */
  beforeApplicationShutdown(): void {
    this.pacer.stop()
    this.readOn()
  }

  onApplicationShutdown(): void {
    this.link.changeTo('stopped')
    this.subscription.close()
  }

  onReady(): void {
    this.link.ready()
  }

  onAlive(): void {
    this.link.alive()
  }

  onMessage(id: Buffer): void {
    this.noteMessage()
    if (this.accepts(id)) this.batch.add(id)
    else this.batch.refuse()
  }

  onMarker(token: Buffer): void {
    this.noteMessage()
    this.batch.end()
    this.bus.emit('cut.marked', { token: token.toString('latin1') })
  }

  onMarkerChannel(refusal: string | null): void {
    this.node.markerChannel = refusal === null ? this.marker : null
    this.node.markerRefusal = refusal
  }

  onPatternMessage(pattern: string, channel: Buffer, data: Buffer): void {
    this.noteMessage()
    if (pattern === TWEET_UPDATES_PATTERN) {
      const id = detailIdBytes(channel)
      if (this.accepts(id)) this.bus.emit('detail.received', { id: id.toString(), data, after: this.batch.length })
    } else if (this.accepts(channel)) this.bus.emit('interaction.received', { channel: channel.toString(), data })
  }

  onLost(): void {
    // The updates that came before the loss are announced before it.
    this.batch.end()
    this.link.changeTo('connecting')
  }

  onSentinel(): void {
    this.link.sentinel()
  }

  onError(message: string, advice: string | undefined): void {
    this.link.fail(message, advice)
  }

  private noteMessage(): void {
    this.turn.schedule()
    if (++this.messages === MAX_MESSAGES_PER_TURN) this.subscription.readSwitch?.readStop()
  }

  private accepts(id: Uint8Array): boolean {
    const fault = idFault(id)
    if (fault !== null) this.discards.count(fault)
    return fault === null
  }

  private endTurn(): void {
    this.link.hear()
    const { messages } = this
    this.messages = 0
    this.batch.end()
    const { readSwitch } = this.subscription
    if (messages >= MAX_MESSAGES_PER_TURN) readSwitch?.readStart()
    else if (readSwitch !== null) this.pacer.turnEnded(readSwitch, performance.now())
  }

  private replaceDeafLink(): void {
    this.subscription.replace(DEAF)
    this.link.deaf()
  }

  private readOn(): void {
    this.subscription.readSwitch?.readStart()
  }
}
