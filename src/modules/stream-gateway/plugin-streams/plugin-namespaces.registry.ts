import { randomInt } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { AppConfig } from '../../../common/config/app-config.js'
import { DETAILS, EPS, KIOSK_INTERACTION, RAW } from '../../../common/core/namespace.js'
import { encodeEventName } from '../../../common/core/sse-frame.js'
import { AppError } from '../../../common/platform/errors.js'
import {
  type IncrementsNamespace,
  isPluginName,
  type LatestNamespace,
  Namespaces,
  PLUGIN_NAME_RULE,
  type QueueNamespace,
} from '../../../common/plugin-api/namespaces.js'
import { ScoreLog } from '../../../common/score-log/score-log.js'
import { ScoreSummary } from '../../../common/score-log/score-summary.js'
import { Discards } from '../../../common/stats/counters.js'
import { BroadcasterService } from '../fan-out/broadcaster.service.js'
import { HubService } from '../fan-out/hub.service.js'
import { PluginFlushScheduler } from './plugin-flush.scheduler.js'
import { IncrementsStream, LatestStream, LatestValueLog, QueueStream } from './plugin-streams.js'

/** The most namespaces of plug-ins. */
const MAX_PLUGIN_NAMESPACES = 64
/** Entries of a log of increments, 12 bytes each; with more of them a sum could exceed the exact range of a number. */
const MAX_CAPACITY = 2 ** 20
/**
 * The path of the cleanup requests, the words that reports count other streams by, and names of events that a stream or an EventSource
 * emits itself.
 */
const OTHER_WORDS = ['cleanup', 'detail', 'multiplexed', 'token', 'open', 'error']

/** The namespaces that this node serves: the built-in ones that are enabled, and the ones that plug-ins have registered. */
@Injectable()
export class PluginNamespacesRegistry extends Namespaces {
  /** In the order of registration. */
  readonly ofPlugins: string[] = []
  private readonly names: Set<string>
  private readonly reserved: ReadonlySet<string>

  constructor(
    private readonly config: AppConfig,
    private readonly hub: HubService,
    private readonly broadcaster: BroadcasterService,
    private readonly flushes: PluginFlushScheduler,
    private readonly discards: Discards,
  ) {
    super()
    const { raw, kioskInteraction } = config.streams
    this.names = new Set([EPS, ...(raw ? [RAW] : []), DETAILS])
    // A name with a meaning may be switched off, but not mean something else. The module of kiosk_interaction registers it as a plug-in
    // does.
    this.reserved = new Set([EPS, RAW, DETAILS, ...OTHER_WORDS, ...(kioskInteraction ? [] : [KIOSK_INTERACTION])])
  }

  /** The names of all namespaces but `details/<id>` and `eps/<id>`. */
  get served(): ReadonlySet<string> {
    return this.names
  }

  override increments(name: string): IncrementsNamespace {
    this.register(name)
    const { capacity, maxIds } = this.config.scoreLog
    const log = new ScoreLog({ capacity: Math.min(capacity, MAX_CAPACITY), maxIds, seed: randomInt(2 ** 32) })
    const fanOut = this.hub.follow(name, log, new ScoreSummary(log, encodeEventName(name)))
    return new IncrementsStream(name, log, fanOut, this.discards, this.flushes)
  }

  override latest(name: string): LatestNamespace {
    this.register(name)
    const log = new LatestValueLog()
    return new LatestStream(name, encodeEventName(name), log, this.hub.follow(name, log, log), this.broadcaster, this.flushes)
  }

  override queue(name: string): QueueNamespace {
    this.register(name)
    return new QueueStream(name, this.broadcaster)
  }

  private register(name: string): void {
    const { names, reserved, ofPlugins } = this
    if (!isPluginName(name))
      throw new AppError('ERR_NAMESPACE_NAME', `the namespace ${JSON.stringify(name)} is refused: ${PLUGIN_NAME_RULE}`)
    if (names.has(name) || reserved.has(name))
      throw new AppError('ERR_NAMESPACE_TAKEN', `the namespace ${name} is taken by ${this.ownerOf(name)}: choose another name`)
    if (ofPlugins.length >= MAX_PLUGIN_NAMESPACES)
      throw new AppError('ERR_NAMESPACE_LIMIT', `the namespace ${name} is one too many: plug-ins can have ${MAX_PLUGIN_NAMESPACES}`)
    names.add(name)
    ofPlugins.push(name)
  }

  private ownerOf(name: string): string {
    return this.reserved.has(name) || name === KIOSK_INTERACTION ? 'the server' : 'another plug-in'
  }
}
