import { Injectable } from '@nestjs/common'
import { AppConfig } from '../../../common/config/app-config.js'
import { DETAILS, detailId } from '../../../common/core/namespace.js'
import { encodeEventName } from '../../../common/core/sse-frame.js'
import type { AppEvents, CloseReason } from '../../../common/event-bus/app-events.js'
import { Positions, type StreamPosition } from '../../../common/positions/positions.js'
import type { CursorLog, Digest } from '../../../common/score-log/digest.js'
import { ScoreLog } from '../../../common/score-log/score-log.js'
import { Traffic } from '../../../common/stats/stream-stats.js'
import type { Outlet } from '../transport/outlet.js'
import { Audience, type AudienceKind } from './audience.js'
import { CursorOwners, type OwnerOf, type OwnerSource } from './cursor-owners.js'
import { FanOut, partOf } from './fan-out.js'
import { DetailJournal } from './messages/detail-journal.js'
import { Message } from './messages/message.js'
import type { DetailPosition } from './messages/message-clock.js'
import { MessageFanOut } from './messages/message-fan-out.js'
import type { MessageLog } from './messages/message-log.js'
import { CompositeFrames } from './resume/composite-frames.js'
import { CatchUpScheduler, SliceScheduler } from './slice.scheduler.js'
import { Subscriber, type SubscriberHost, type SubscriberRequest } from './subscriber.js'

/** Learns at once of the streams that open and close. */
export interface HubListener {
  onOpened?(subscriber: Subscriber): void
  onClosed(subscriber: Subscriber, reason: CloseReason): void
}

const NOBODY: ReadonlySet<Audience> = new Set()

/** The registry of the open streams, namespace → audiences → subscribers, and the broadcast of messages to them. */
@Injectable()
export class HubService implements SubscriberHost {
  readonly limits: SubscriberHost['limits']
  readonly traffic = new Traffic()
  readonly details: DetailJournal
  /** How many frames were offered, once each however many subscribers took them. */
  msgsBroadcast = 0
  /** In the order of opening. */
  private readonly subscribers = new Set<Subscriber>()
  private readonly byKey = new Map<string, Audience>()
  private readonly byNamespace = new Map<string, Set<Audience>>()
  private readonly owners = new CursorOwners()
  private readonly messages: MessageFanOut
  private readonly composites: CompositeFrames
  private readonly listeners: HubListener[] = []

  constructor(
    { streams }: AppConfig,
    private readonly slices: SliceScheduler,
    private readonly lagging: CatchUpScheduler,
    log: ScoreLog,
    positions: Positions,
  ) {
    this.limits = streams
    this.details = new DetailJournal(log, streams.detailHistoryBytes, positions)
    this.composites = new CompositeFrames(positions)
    this.messages = new MessageFanOut({ slices, lagging }, streams)
  }

  get total(): number {
    return this.subscribers.size
  }

  /** The memory of all message logs together, in bytes. */
  get messageLogBytes(): number {
    return this.messages.heldBytes
  }

  listen(listener: HubListener): void {
    this.listeners.push(listener)
  }

  /** Makes the subscribers of a namespace follow a log. To be called before anything subscribes to it. */
  follow(namespace: string, log: CursorLog, digest: Digest, onRound?: (event: AppEvents['round.finished']) => void): FanOut {
    const fanOut = new FanOut(namespace, log, digest, { slices: this.slices, lagging: this.lagging }, partOf(namespace), onRound)
    this.owners.add(namespace, fanOut)
    return fanOut
  }

  /** Makes the options of a stream choose its fan-out. To be called before anything subscribes to namespaces of this kind. */
  choose(kind: string, source: OwnerSource): void {
    this.owners.choose(kind, source)
  }

  /**
   * @param expiresAtMs monotonic; Infinity for a stream without a planned end
   * @param start the position after which the stream begins; null for now
   */
  open(
    kind: AudienceKind,
    request: SubscriberRequest,
    outlet: Outlet,
    expiresAtMs: number,
    start: StreamPosition | null = null,
  ): Subscriber {
    const audience = this.audienceOf(kind)
    const nowMs = performance.now()
    const subscriber = new Subscriber(audience, kind.namespaces, request, outlet, this, Date.now(), nowMs, expiresAtMs, start)
    audience.size++
    this.subscribers.add(subscriber)
    for (const listener of this.listeners) listener.onOpened?.(subscriber)
    return subscriber
  }

  onClosed(subscriber: Subscriber, reason: CloseReason): void {
    const { audience } = subscriber
    this.subscribers.delete(subscriber)
    if (--audience.size === 0) this.remove(audience)
    for (const listener of this.listeners) listener.onClosed(subscriber, reason)
  }

  /** True where a message of this namespace reaches a subscriber. */
  hasSubscribers(namespace: string): boolean {
    return this.byNamespace.has(namespace)
  }

  /**
   * Broadcasts a message to the subscribers of any of these namespaces; `deliver` sends it.
   * @param eventName without, the frames carry the first namespace on a multiplexed stream, and no name on any other
   * @param position of a detail; other messages have none
   */
  broadcast(
    namespaces: readonly [string, ...string[]],
    data: Uint8Array,
    eventName?: string,
    position: DetailPosition | null = null,
  ): void {
    const place = position === null ? null : this.details.placeAt(position)
    const message = new Message(data, encodeEventName(eventName ?? namespaces[0]), eventName !== undefined, place)
    // The bus and the guards around plug-ins would catch an error here, and some audiences would miss the message.
    this.slices.guard('messages', () => {
      for (const namespace of namespaces) {
        for (const { messages, details } of this.byNamespace.get(namespace) ?? NOBODY) {
          const log = position === null ? messages : details
          if (log !== null) this.messages.append(log, message)
        }
      }
    })
  }

  /** Broadcasts to the resumable streams of details that some may have been missed; `deliver` sends it. */
  broadcastGap(): void {
    this.slices.guard('messages', () => {
      const gap = this.details.markGap()
      for (const { isResumable, details } of this.byKey.values()) if (isResumable && details !== null) this.messages.append(details, gap)
    })
  }

  /** Sends the messages that were broadcast. */
  deliver(): void {
    this.messages.run()
  }

  markDrainTarget(): void {
    this.owners.markDrainTarget()
  }

  /** Every open stream, in the order of opening. It may be read over several turns, while streams open and close. */
  [Symbol.iterator](): Iterator<Subscriber> {
    return this.subscribers.values()
  }

  private audienceOf(kind: AudienceKind): Audience {
    const key = Audience.key(kind)
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    const ownerOf = this.owners.for(kind)
    const audience = new Audience(kind, ownerOf, ...this.logsFor(kind, ownerOf), this.composites)
    this.byKey.set(key, audience)
    for (const namespace of kind.namespaces) {
      const set = this.byNamespace.get(namespace)
      if (set === undefined) this.byNamespace.set(namespace, new Set([audience]))
      else set.add(audience)
    }
    return audience
  }

  /** The log of messages and that of details. Resumable streams have two, because only details have positions. */
  private logsFor(kind: AudienceKind, ownerOf: OwnerOf): readonly [MessageLog | null, MessageLog | null] {
    const names = kind.namespaces.filter((namespace) => ownerOf(namespace) === undefined)
    const ids = names.flatMap((namespace) => detailId(namespace) ?? [])
    const hasAll = names.includes(DETAILS)
    const hasDetails = hasAll || ids.length > 0
    const hasOthers = names.length > ids.length + (hasAll ? 1 : 0)
    if (kind.isResumable && hasDetails)
      return [hasOthers ? this.messages.createLog() : null, this.messages.createLog(this.details.archiveOf(hasAll ? null : new Set(ids)))]
    const log = names.length > 0 ? this.messages.createLog() : null
    return [log, log]
  }

  private remove(audience: Audience): void {
    this.byKey.delete(Audience.key(audience))
    for (const namespace of audience.namespaces) {
      const set = this.byNamespace.get(namespace)
      set?.delete(audience)
      if (set?.size === 0) this.byNamespace.delete(namespace)
    }
  }
}
