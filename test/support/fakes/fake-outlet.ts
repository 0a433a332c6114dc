import type { Outlet, OutletListener, WriteOutcome } from '../../../src/modules/stream-gateway/transport/outlet.js'

/** An outlet whose kernel is the test: it takes bytes unless `isStalled`, else they queue until `drain`. Posts reach it with the commit of its transport. */
export class FakeOutlet implements Outlet {
  listener: OutletListener = { onWritten: () => undefined, onDrained: () => undefined, onClosed: () => undefined }
  readonly isFramedByNode = false
  /** What the client has received, in order. */
  readonly received: Buffer[] = []
  ending: 'open' | 'ended' | 'destroyed' = 'open'
  isStalled = false
  isBroken = false
  /** An error for the next write or post. */
  fault: Error | null = null
  private queue: Buffer | null = null

  constructor(private readonly transport: FakeTransport) {}

  get queuedBytes(): number {
    return this.queue?.length ?? 0
  }

  get text(): string {
    return Buffer.concat(this.received).toString()
  }

  write(bytes: Buffer): WriteOutcome {
    this.transport.commit()
    return this.take(bytes)
  }

  post(bytes: Buffer): void {
    this.raise()
    if (this.queue !== null) throw new Error('a post to an outlet that is not drained')
    this.transport.posts.push({ outlet: this, bytes })
  }

  /** What the commit does with a post. */
  settle(bytes: Buffer): void {
    const outcome = this.take(bytes)
    if (outcome !== 'sent') this.listener.onWritten(outcome)
  }

  /** The client reads again: what is queued goes out. */
  drain(): void {
    this.isStalled = false
    if (this.queue === null) return
    this.received.push(this.queue)
    this.queue = null
    this.listener.onDrained()
  }

  end(bytes: Buffer): void {
    this.transport.commit()
    this.received.push(bytes)
    this.ending = 'ended'
  }

  destroy(): void {
    this.ending = 'destroyed'
  }

  private take(bytes: Buffer): WriteOutcome {
    this.raise()
    if (this.isBroken) return 'broken'
    if (this.queue !== null) throw new Error('a write to an outlet that is not drained')
    if (!this.isStalled) {
      this.received.push(bytes)
      return 'sent'
    }
    this.queue = bytes
    return 'queued'
  }

  private raise(): void {
    const { fault } = this
    this.fault = null
    if (fault !== null) throw fault
  }
}

/** Collects posts, and hands them to their outlets with the commit. */
export class FakeTransport {
  posts: { readonly outlet: FakeOutlet; readonly bytes: Buffer }[] = []
  commits = 0
  /** An error for the next commit with posts. */
  fault: Error | null = null

  commit(): void {
    const { posts, fault } = this
    if (posts.length === 0) return
    this.posts = []
    this.commits++
    this.fault = null
    if (fault !== null) throw fault
    for (const { outlet, bytes } of posts) if (outlet.ending === 'open') outlet.settle(bytes)
  }
}
