import type { Outlet, OutletListener, WriteOutcome } from '../../../src/modules/stream-gateway/transport/outlet.js'

/**
 * An outlet whose kernel is the test: it takes bytes unless `isStalled`, else they queue until `drain`. Posts reach it with the commit of its
 * transport. A write or a post to an outlet that is not drained, or that has ended, throws.
 */
export class FakeOutlet implements Outlet {
  listener: OutletListener = { onWritten: () => undefined, onDrained: () => undefined, onClosed: () => undefined }
  readonly isFramedByNode = false
  /** The bytes that the client has received, in order. */
  readonly received: Buffer[] = []
  ending: 'open' | 'ended' | 'destroyed' = 'open'
  isStalled = false
  isBroken = false
  isSilent = false
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
    this.assertWritable('write')
    this.transport.commit()
    return this.take(bytes)
  }

  post(bytes: Buffer): void {
    this.assertWritable('post')
    // A batch holds one post of an outlet at a time.
    if (this.transport.posts.some(({ outlet }) => outlet === this)) this.transport.commit()
    this.transport.posts.push({ outlet: this, bytes })
  }

  /** Completes a post, as the commit does. A post that was made before the stall of another one is known goes behind it. */
  settle(bytes: Buffer): void {
    const outcome = this.take(bytes)
    if (outcome !== 'sent' && this.ending === 'open') this.listener.onWritten(outcome)
  }

  /** The client reads again: queued bytes go out. */
  drain(): void {
    this.isStalled = false
    if (this.queue === null || this.ending !== 'open') return
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
    this.transport.commit()
  }

  private take(bytes: Buffer): WriteOutcome {
    if (this.isBroken) return 'broken'
    if (!this.isStalled && this.queue === null) {
      this.received.push(bytes)
      return 'sent'
    }
    this.queue = this.queue === null ? bytes : Buffer.concat([this.queue, bytes])
    return 'queued'
  }

  private assertWritable(act: string): void {
    const { fault } = this
    this.fault = null
    if (fault !== null) throw fault
    if (this.queue !== null) throw new Error(`a ${act} to an outlet that is not drained`)
    if (this.ending !== 'open') throw new Error(`a ${act} to an outlet that has ended`)
  }
}

/** Collects posts, and hands them to their outlets with the commit. */
export class FakeTransport {
  posts: { readonly outlet: FakeOutlet; readonly bytes: Buffer }[] = []
  /** How many commits had something to write. */
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
    for (const { outlet, bytes } of posts) outlet.settle(bytes)
  }
}
