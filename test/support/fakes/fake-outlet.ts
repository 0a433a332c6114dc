import type { Outlet, Poster, WriteOutcome } from '../../../src/modules/stream-gateway/outlet.js'

/** An outlet in which the test plays the kernel: it takes bytes at once, or queues them until `drain` while `isStalled` is set. */
export class FakeOutlet implements Outlet {
  /** The bytes that the client has received, in order. */
  readonly received: Buffer[] = []
  ending: 'open' | 'ended' | 'destroyed' = 'open'
  isStalled = false
  isBroken = false
  private queue: Buffer[] = []
  /** Each with the number of queued writes that it waits for. */
  private waiting: { callback: () => void; writes: number }[] = []

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

  post(bytes: Buffer, poster: Poster): void {
    const outcome = this.write(bytes)
    if (outcome !== 'sent') poster.settle(outcome)
  }

  whenDrained(callback: () => void): void {
    this.waiting.push({ callback, writes: this.queue.length })
  }

  /** The client reads again: all that is queued goes out. */
  drain(): void {
    this.isStalled = false
    this.read(this.queue.length)
  }

  /** The client reads so many of the queued writes, and then stalls again. */
  read(writes: number): void {
    this.received.push(...this.queue.splice(0, writes))
    const { waiting } = this
    this.waiting = []
    for (const { callback, writes: left } of waiting) {
      if (left > writes) this.waiting.push({ callback, writes: left - writes })
      else callback()
    }
  }

  end(bytes: Buffer): void {
    this.received.push(bytes)
    this.ending = 'ended'
  }

  destroy(): void {
    this.ending = 'destroyed'
  }
}
