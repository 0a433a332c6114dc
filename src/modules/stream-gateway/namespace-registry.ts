import { Injectable } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppError } from '../../common/app-error.js'
import { AppConfig } from '../../common/config/app-config.js'
import { type IncrementsNamespace, type LatestNamespace, Namespaces, type QueueNamespace } from '../../common/plug-in/namespaces.js'
import { isPlugInName, PLUG_IN_NAME_RULE } from '../../common/plug-in/plug-in-name.js'
import { WeightedLog } from '../../common/score-log/weighted-log.js'
import { WeightedSummary } from '../../common/score-log/weighted-summary.js'
import { encodeEventName } from '../../common/sse/frame.js'
import { DETAILS, EPS, KIOSK_INTERACTION, RAW } from '../../common/sse/namespace.js'
import { Discards } from '../../common/stats/counters.js'
import { OneShot } from '../../common/timers/one-shot.js'
import type { Follower } from './follower.js'
import { Hub } from './hub.js'
import { IncrementStream } from './increment-stream.js'
import { LatestStream } from './latest-stream.js'
import { LatestValue } from './latest-value.js'
import { MessagePublisher } from './message-publisher.js'
import { type Flushed, NamespaceFlush } from './namespace-flush.js'
import { QueueStream } from './queue-stream.js'

/** The most namespaces of plug-ins. */
const MAX_NAMESPACES = 64
/** Entries of a log of increments, 8 bytes each; with more of them a sum could exceed what a number holds exactly. */
const MAX_CAPACITY = 2 ** 20
/** The path of the cleanup requests, the words that reports count other streams by, and events that a stream or an EventSource has of its own. */
const OTHER_WORDS = ['cleanup', 'detail', 'multiplexed', 'token', 'open', 'error']

/** Which namespaces this node serves: the built-in ones that are enabled, and those that plug-ins have registered. */
@Injectable()
export class NamespaceRegistry extends Namespaces {
  private readonly names: Set<string>
  private readonly reserved: ReadonlySet<string>
  private readonly flush: NamespaceFlush

  constructor(
    private readonly config: AppConfig,
    private readonly hub: Hub,
    private readonly publisher: MessagePublisher,
    private readonly discards: Discards,
    timers: SchedulerRegistry,
  ) {
    super()
    const { raw, kioskInteraction } = config.streams
    this.names = new Set([EPS, ...(raw ? [RAW] : []), DETAILS])
    // A name that means something may be switched off, but not mean something else. The module of kiosk_interaction registers it as a plug-in does.
    this.reserved = new Set([EPS, RAW, DETAILS, ...OTHER_WORDS, ...(kioskInteraction ? [] : [KIOSK_INTERACTION])])
    const timer = new OneShot(timers, 'namespace-flush', () => this.flush.flushWhenDue())
    this.flush = new NamespaceFlush(timer, () => hub.msgsBroadcast++)
  }

  /** Their names, `details/<id>` left out. */
  get served(): ReadonlySet<string> {
    return this.names
  }

  override increments(name: string): IncrementsNamespace {
    this.register(name)
    const { capacity, maxIds } = this.config.scoreLog
    const log = new WeightedLog({ capacity: Math.min(capacity, MAX_CAPACITY), maxIds })
    const fanOut = this.hub.follow<Follower>(name, log, new WeightedSummary(log))
    const stream = new IncrementStream(name, log, fanOut, this.discards, (one) => this.want(one))
    this.hub.followers.add(stream)
    return stream
  }

  override latest(name: string): LatestNamespace {
    this.register(name)
    const value = new LatestValue()
    const accepts = (channel: string, bytes: number) => this.publisher.accepts(channel, bytes)
    const fanOut = this.hub.follow<Follower>(name, value, value)
    const stream = new LatestStream(name, encodeEventName(name), value, fanOut, accepts, (one) => this.want(one))
    this.hub.followers.add(stream)
    return stream
  }

  override queue(name: string): QueueNamespace {
    this.register(name)
    return new QueueStream(name, this.publisher)
  }

  private want(one: Flushed): void {
    this.flush.want(one)
  }

  private register(name: string): void {
    const { names, reserved } = this
    if (!isPlugInName(name))
      throw new AppError('ERR_NAMESPACE_NAME', `the namespace ${JSON.stringify(name)} is refused: ${PLUG_IN_NAME_RULE}`)
    if (names.has(name) || reserved.has(name))
      throw new AppError('ERR_NAMESPACE_TAKEN', `the namespace ${name} is taken by ${this.ownerOf(name)}: choose another name`)
    if (this.hub.plugInNamespaces.length >= MAX_NAMESPACES)
      throw new AppError('ERR_NAMESPACE_LIMIT', `the namespace ${name} is one too many: plug-ins can have ${MAX_NAMESPACES}`)
    names.add(name)
    this.hub.plugInNamespaces.push(name)
  }

  private ownerOf(name: string): string {
    return this.reserved.has(name) || name === KIOSK_INTERACTION ? 'the server' : 'another plug-in'
  }
}
