import type { AppEvents, CloseReason } from '../../common/event-bus/app-events.js'
import type { ScoreLog } from '../../common/score-log/score-log.js'
import { ScoreSummary } from '../../common/score-log/score-summary.js'
import { encodeEventName } from '../../common/sse/frame.js'
import { EPS } from '../../common/sse/namespace.js'
import { RateMeter } from '../../common/stats/counters.js'
import type { Backlog } from '../../common/stats/stream-stats.js'
import { StreamStats, type SubscriberInfo, Traffic, type Writer } from '../../common/stats/stream-stats.js'
import type { Audience, AudienceKind } from './audience.js'
import { Audiences } from './audiences.js'
import { FanOut } from './fan-out.js'
import { Followers } from './followers.js'
import type { Digest, FollowedLog, Following } from './following.js'
import type { Outlet } from './outlet.js'
import { isOwn, type Owner } from './owner.js'
import { SLICE } from './slices.js'
import { Subscriber, type SubscriberHost, type SubscriberRequest } from './subscriber.js'
import { infoOf } from './subscriber-info.js'

export interface HubOptions {
  readonly log: ScoreLog
  readonly limits: SubscriberHost['limits']
  readonly writer: Writer
  /** How many subscribers are served in one turn of the event loop. Default `SLICE`. */
  readonly slice?: number
  /** Asked before each further slice of a round; true leaves the turn to others. */
  readonly mustWait?: () => boolean
  /** Ends a run of posts to outlets. */
  readonly commit?: () => void
  /** A subscriber that was behind has drained: call `catchUp` soon. */
  readonly onLagging: () => void
  readonly onRound?: (event: AppEvents['round.finished']) => void
  readonly onOpened: (event: AppEvents['subscriber.opened'], subscriber: Subscriber) => void
  readonly onClosed: (event: AppEvents['subscriber.closed'], subscriber: Subscriber) => void
}

/** Which subscribers want what: namespace → audiences → subscribers. What nobody wants costs a look into a map. */
export class Hub extends StreamStats implements SubscriberHost {
  readonly limits: SubscriberHost['limits']
  readonly writer: Writer
  readonly scores: FanOut<Subscriber>
  /** Those of plug-ins' namespaces. */
  readonly followers = new Followers()
  readonly plugInNamespaces: string[] = []
  readonly traffic = new Traffic()
  msgsBroadcast = 0
  backlog: Backlog = { subscribers: 0, bytes: 0 }
  private readonly slice: number
  private readonly commit: () => void
  private readonly epsRounds = new RateMeter(performance.now())
  /** In the order of opening. */
  private readonly subscribers = new Set<Subscriber>()
  private readonly audiences = new Audiences((namespace) => namespace === EPS || this.followers.has(namespace))
  private readonly dirty = new Set<Audience>()

  constructor(private readonly options: HubOptions) {
    super()
    this.limits = options.limits
    this.writer = options.writer
    this.slice = options.slice ?? SLICE
    this.commit = options.commit ?? (() => undefined)
    const { log, onRound } = options
    this.scores = this.follow(EPS, log, new ScoreSummary(log), onRound)
  }

  get epsRate(): number {
    return this.epsRounds.perSecond
  }

  get total(): number {
    return this.subscribers.size
  }

  /** The fan-out of a namespace whose subscribers follow a log. */
  follow<F extends Following>(name: string, log: FollowedLog, digest: Digest, onRound?: HubOptions['onRound']): FanOut<F> {
    const { slice, commit } = this
    const { mustWait = () => false, onLagging } = this.options
    return new FanOut({ log, digest, eventName: encodeEventName(name), slice, mustWait, commit, onLagging, onRound })
  }

  open(kind: AudienceKind, request: SubscriberRequest, outlet: Outlet, nowMs: number): Subscriber {
    const audience = this.audiences.of(kind)
    const subscriber = new Subscriber(audience, request, Date.now(), nowMs, outlet, this)
    this.subscribers.add(subscriber)
    audience.subscribers.add(subscriber)
    if (audience.hasScores) this.scores.add(subscriber)
    this.followers.open(subscriber)
    this.options.onOpened({ namespaces: audience.namespaces, queued: audience.queued }, subscriber)
    return subscriber
  }

  /** The audiences of a namespace; empty where nobody listens. */
  listeners(namespace: string): Iterable<Audience> {
    return this.audiences.listeners(namespace)
  }

  isHeard(namespace: string): boolean {
    return this.audiences.isHeard(namespace)
  }

  /** Adds a frame for this turn of the event loop; `deliver` writes it. */
  offer(audience: Audience, frame: Buffer): void {
    audience.offer(frame)
    this.dirty.add(audience)
  }

  /** Writes what was offered in this turn. */
  deliver(nowMs: number): void {
    for (const audience of this.dirty) audience.deliver(nowMs)
    this.dirty.clear()
    this.commit()
  }

  /** One look at every subscriber: heartbeats to the idle ones, an end to the slow ones and to those whose time has come, and what waits for the others. */
  *sweep(nowMs: number, idleSinceMs: number): Generator<void, void> {
    this.epsRounds.sample(this.scores.rounds, nowMs)
    const backlog = { subscribers: 0, bytes: 0 }
    let seen = 0
    for (const subscriber of this.subscribers) {
      if (subscriber.isOverdue(nowMs) || this.scores.hasLost(subscriber) || this.followers.hasLost(subscriber)) subscriber.close('slow')
      else if (nowMs >= subscriber.expiresAtMs) subscriber.close('expired')
      else subscriber.keepAlive(idleSinceMs, nowMs)
      if (!subscriber.isReady && !subscriber.isClosed) {
        backlog.subscribers++
        backlog.bytes += subscriber.bufferedBytes
      }
      if (++seen % this.slice === 0) yield
    }
    this.backlog = backlog
  }

  drained(subscriber: Subscriber): void {
    if (subscriber.audience.hasScores) this.scores.drained(subscriber)
    this.followers.drained(subscriber)
  }

  /** Remembers what has come, for `isOwed`. */
  mark(): void {
    this.scores.mark()
    this.followers.mark()
  }

  /** True for a subscriber that is about to get a sum, or a latest value, of what had come at the last mark. */
  isOwed(subscriber: Subscriber): boolean {
    return (subscriber.audience.hasScores && this.scores.isOwed(subscriber)) || this.followers.isOwed(subscriber)
  }

  /** Brings those on who have drained while they were behind. */
  catchUp(): void {
    if (this.scores.isLagging) this.scores.run()
    this.followers.catchUp()
  }

  closed(subscriber: Subscriber, reason: CloseReason): void {
    const { audience } = subscriber
    this.subscribers.delete(subscriber)
    this.scores.remove(subscriber)
    this.followers.remove(subscriber)
    audience.subscribers.delete(subscriber)
    if (audience.subscribers.size === 0) {
      this.audiences.remove(audience)
      this.dirty.delete(audience)
    }
    const { namespaces, queued } = audience
    this.options.onClosed({ namespaces, queued, reason, openMs: performance.now() - subscriber.openedAtMs }, subscriber)
  }

  /** Every open subscriber, as of now. */
  all(): Subscriber[] {
    return [...this.subscribers]
  }

  /** Closes the streams of one owner that hold this namespace alone. Returns how many there were. */
  cleanUp(namespace: string, owner: Owner): number {
    let closed = 0
    for (const subscriber of this.subscribers) {
      const { audience } = subscriber
      if (audience.isNamed || audience.namespaces[0] !== namespace || !isOwn(subscriber, owner)) continue
      subscriber.close('cleanup')
      closed++
    }
    return closed
  }

  *each(): Generator<SubscriberInfo, void> {
    for (const subscriber of this.subscribers) yield infoOf(subscriber, performance.now())
  }
}
