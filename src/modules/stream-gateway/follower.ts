import type { CloseReason } from '../../common/event-bus/app-events.js'
import type { Audience } from './audience.js'
import type { FanOut } from './fan-out.js'
import type { Following } from './following.js'
import type { Subscriber } from './subscriber.js'

/** A plug-in's namespace that subscribers follow by a cursor. */
export interface FollowedNamespace {
  readonly name: string
  readonly fanOut: FanOut<Follower>
  /** The frame that a new subscriber gets at once; null for none, and where cursors can't stand at 0. */
  present(audience: Audience): Buffer | null
}

/** A subscriber's part in a namespace that it follows: a cursor of its own. */
export class Follower implements Following {
  cursor = 0

  constructor(
    private readonly subscriber: Subscriber,
    readonly namespace: FollowedNamespace,
  ) {}

  get audience(): Audience {
    return this.subscriber.audience
  }

  get isReady(): boolean {
    return this.subscriber.isReady
  }

  post(bytes: Buffer, messages: number, nowMs: number): void {
    this.subscriber.post(bytes, messages, nowMs)
  }

  conflate(bytes: Buffer, nowMs: number): void {
    this.subscriber.conflate(bytes, nowMs)
  }

  close(reason: CloseReason): void {
    this.subscriber.close(reason)
  }
}
