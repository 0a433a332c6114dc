import type { SchedulerRegistry } from '@nestjs/schedule'
import { OneShot } from './timers.js'

const PERIOD_MS = 1000

/**
 * A text that is built at most once a second, however many callers want it. Callers get a text at most one second old that reflects every
 * `invalidate()` before the call: immediately if there is one, else when the next is built. All get the same bytes, so that answers that
 * wait on their connections take the memory of one.
 */
export class PacedText {
  private latest: Promise<Buffer> | null = null
  private builtAtMs = Number.NEGATIVE_INFINITY
  private waiters: ((text: Promise<Buffer>) => void)[] = []
  private isUnpaced = false
  private readonly timer: OneShot

  /** @param name the timer's name in the registry */
  constructor(
    name: string,
    registry: SchedulerRegistry,
    private readonly build: () => Promise<string>,
  ) {
    this.timer = new OneShot(registry, name, () => void this.buildNow())
  }

  get(): Promise<Buffer> {
    const waitMs = this.builtAtMs + PERIOD_MS - performance.now()
    if (waitMs > 0 && this.latest !== null) return this.latest
    if (this.isUnpaced || (waitMs <= 0 && this.waiters.length === 0)) return this.buildNow()
    return new Promise((resolve) => {
      this.waiters.push(resolve)
      this.timer.arm(Math.max(0, waitMs))
    })
  }

  /** Marks the latest text as outdated: later callers get a text that is built after this call. */
  invalidate(): void {
    this.latest = null
  }

  /** Answers the waiting callers now and later ones at once. For shutdown, when the timer no longer fires. */
  flushWaiters(): void {
    this.isUnpaced = true
    if (this.waiters.length > 0) void this.buildNow()
  }

  private buildNow(): Promise<Buffer> {
    this.builtAtMs = performance.now()
    const text = this.build().then((built) => Buffer.from(built))
    this.latest = text
    // The present callers get the error; later ones get another attempt.
    text.catch(() => this.invalidate())
    for (const answer of this.waiters.splice(0)) answer(text)
    return text
  }
}

/** The longest wait of a caller of `SingleFlight`. */
export const TIMEOUT_MS = 1000

/**
 * Runs a foreign call that may take long or never end: one call at a time, shared by all callers meanwhile. Each waits for at most a
 * second. After a timeout callers don't wait at all until that call has ended, so that a call that never ends costs nothing more.
 */
export class SingleFlight<T> {
  private flight: Promise<T> | null = null
  private isLate = false

  constructor(private readonly call: () => Promise<T>) {}

  /** The result of the call, or null after the timeout. Rejects as the call does. */
  async result(): Promise<T | null> {
    if (this.isLate) return null
    this.flight ??= this.start()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        this.isLate = this.flight !== null
        resolve(null)
      }, TIMEOUT_MS)
    })
    return await Promise.race([this.flight, late]).finally(() => clearTimeout(timer))
  }

  private start(): Promise<T> {
    return this.call().finally(() => {
      this.flight = null
      this.isLate = false
    })
  }
}
