import type { Outlet, WriteOutcome } from '../../src/modules/stream-gateway/outlet.js'

/** An outlet whose kernel is the test: it takes bytes while `isOpen`, else they queue until `drain`. */
export class FakeOutlet implements Outlet {
  /** What the client has got, in order. */
  readonly received: Buffer[] = []
  ending: 'open' | 'ended' | 'destroyed' = 'open'
  isStalled = false
  isBroken = false
  private queue: Buffer[] = []
  private callbacks: (() => void)[] = []

  get queuedBytes(): number {
    return this.queue.reduce((sum, { length }) => sum + length, 0)
  }

  get text(): string {
    return Buffer.concat(this.received).toString()
  }

  write(bytes: Buffer): WriteOutcome {
    if (this.isBroken) return 'broken'
    if (!this.isStalled && this.queue.length === 0) {
      this.received.push(bytes)
      return 'sent'
    }
    this.queue.push(bytes)
    return 'queued'
  }

  whenDrained(callback: () => void): void {
    this.callbacks.push(callback)
  }

  /** The client reads again: all that is queued goes out. */
  drain(): void {
    this.isStalled = false
    this.received.push(...this.queue)
    this.queue = []
    const { callbacks } = this
    this.callbacks = []
    for (const callback of callbacks) callback()
  }

  end(bytes: Buffer): void {
    this.received.push(bytes)
    this.ending = 'ended'
  }

  destroy(): void {
    this.ending = 'destroyed'
  }
}
