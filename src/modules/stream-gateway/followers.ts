import { type FollowedNamespace, Follower } from './follower.js'
import type { Subscriber } from './subscriber.js'

const NONE: readonly Follower[] = []

/** Who follows which namespaces of plug-ins. Empty, and free of cost, on a server without. */
export class Followers {
  private readonly namespaces = new Map<string, FollowedNamespace>()
  private readonly bySubscriber = new Map<Subscriber, readonly Follower[]>()

  /** To be called before anybody can subscribe to it. */
  add(namespace: FollowedNamespace): void {
    this.namespaces.set(namespace.name, namespace)
  }

  has(namespace: string): boolean {
    return this.namespaces.has(namespace)
  }

  open(subscriber: Subscriber): void {
    const followers = subscriber.audience.namespaces.flatMap((name) => {
      const namespace = this.namespaces.get(name)
      return namespace === undefined ? [] : [new Follower(subscriber, namespace)]
    })
    if (followers.length === 0) return
    this.bySubscriber.set(subscriber, followers)
    for (const follower of followers) follower.namespace.fanOut.add(follower)
  }

  /** Sends what there is at present to a new subscriber; what doesn't go out at once it gets as one that was behind, and has nothing yet. */
  greet(subscriber: Subscriber, nowMs: number): void {
    for (const follower of this.of(subscriber)) {
      const frame = follower.namespace.present(subscriber.audience)
      if (frame === null) continue
      if (subscriber.isReady) subscriber.send(frame, 1, nowMs)
      else follower.cursor = 0
    }
  }

  drained(subscriber: Subscriber): void {
    for (const follower of this.of(subscriber)) follower.namespace.fanOut.drained(follower)
  }

  /** Brings those on who have drained since. */
  catchUp(): void {
    for (const { fanOut } of this.namespaces.values()) if (fanOut.isLagging) fanOut.run()
  }

  /** True when a log has overwritten what a cursor of the subscriber's needs. */
  hasLost(subscriber: Subscriber): boolean {
    return this.of(subscriber).some((follower) => follower.namespace.fanOut.hasLost(follower))
  }

  mark(): void {
    for (const { fanOut } of this.namespaces.values()) fanOut.mark()
  }

  isOwed(subscriber: Subscriber): boolean {
    return this.of(subscriber).some((follower) => follower.namespace.fanOut.isOwed(follower))
  }

  remove(subscriber: Subscriber): void {
    for (const follower of this.of(subscriber)) follower.namespace.fanOut.remove(follower)
    this.bySubscriber.delete(subscriber)
  }

  private of(subscriber: Subscriber): readonly Follower[] {
    return this.bySubscriber.get(subscriber) ?? NONE
  }
}
