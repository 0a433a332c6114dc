import { SchedulerRegistry } from '@nestjs/schedule'
import { OneShot } from './timers.js'

const PERIOD_MS = 1000

/**
 * A text that is built at most once a second, however many ask for it. Who asks gets one that is no older than that and knows of everything `invalidate` was
 * called for: at once where there is one, else with the next.
 */
export class PacedText {
  private latest: Promise<string> | null = null
  private begunAtMs = Number.NEGATIVE_INFINITY
  private waiting: ((text: Promise<string>) => void)[] = []
  private isHurried = false
  private readonly timer: OneShot

  /** @param name that of its timer in the registry */
  constructor(
    name: string,
    registry: SchedulerRegistry,
    private readonly build: () => Promise<string>,
  ) {
    this.timer = new OneShot(registry, name, () => void this.begin())
  }

  get(): Promise<string> {
    const waitMs = this.begunAtMs + PERIOD_MS - performance.now()
    if (waitMs > 0 && this.latest !== null) return this.latest
    if (this.isHurried || (waitMs <= 0 && this.waiting.length === 0)) return this.begin()
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.timer.arm(Math.max(0, waitMs))
    })
  }

  /** Something has changed that the next who asks should see. */
  invalidate(): void {
    this.latest = null
  }

  /** The node stops, and its timers with it: who waits is answered now, who comes later at once. */
  flushWaiters(): void {
    this.isHurried = true
    if (this.waiting.length > 0) void this.begin()
  }

  private begin(): Promise<string> {
    this.begunAtMs = performance.now()
    const text = this.build()
    this.latest = text
    // Those who asked are told; nobody else should be.
    text.catch(() => this.invalidate())
    for (const answer of this.waiting.splice(0)) answer(text)
    return text
  }
}

/** The longest that anybody waits. */
export const LONGEST_MS = 1000

/**
 * A call of somebody else's that may take long, or never end: one at a time, for all who ask meanwhile. They wait for it a second at most; once it was
 * late nobody waits for it again until it has ended, so that one that never ends costs nothing more.
 */
export class SingleFlight<T> {
  private flight: Promise<T> | null = null
  private isLate = false

  constructor(private readonly call: () => Promise<T>) {}

  /** What the call gives; null where it is late. Rejects as the call does. */
  async result(): Promise<T | null> {
    if (this.isLate) return null
    this.flight ??= this.begin()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        this.isLate = this.flight !== null
        resolve(null)
      }, LONGEST_MS)
    })
    return await Promise.race([this.flight, late]).finally(() => clearTimeout(timer))
  }

  private begin(): Promise<T> {
    return this.call().finally(() => {
      this.flight = null
      this.isLate = false
    })
  }
}
