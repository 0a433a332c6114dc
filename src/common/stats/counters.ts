import type { IngestState } from '../event-bus/app-events.js'
import { DISCARD_REASONS, type DiscardReason, FAILURE_KINDS, type FailureKind, LOG_WRITE_ERRORS, type LogWriteError } from './reasons.js'

/** The readable face of `LabelCounts`. */
export interface CountsByLabel<Label extends string = string> {
  readonly counts: ReadonlyMap<Label, number>
  /** The labels that were counted, with their counts. */
  readonly nonZero: readonly (readonly [label: Label, count: number])[]
  /** The sum over all labels. */
  readonly total: number
  of(label: Label): number
}

/** Counts by a label with few values. The known labels start at 0, so that a monitoring system sees their first step. */
export class LabelCounts<Label extends string = string> implements CountsByLabel<Label> {
  readonly counts: Map<Label, number>

  constructor(known: readonly Label[]) {
    this.counts = new Map(known.map((label) => [label, 0]))
  }

  get nonZero(): [label: Label, count: number][] {
    return [...this.counts].filter(([, count]) => count !== 0)
  }

  get total(): number {
    let total = 0
    for (const count of this.counts.values()) total += count
    return total
  }

  of(label: Label): number {
    return this.counts.get(label) ?? 0
  }

  count(label: Label, by = 1): void {
    this.counts.set(label, this.of(label) + by)
  }
}

/** Counts updates and messages that were discarded instead of streamed, by reason. */
export class Discards extends LabelCounts<DiscardReason> {
  constructor() {
    super(DISCARD_REASONS)
  }
}

/** Counts exceptions that were caught without effect on the streams, by the place where they were thrown. */
export class Failures extends LabelCounts<FailureKind> {
  /** The failures of the log itself. */
  readonly log = new LogLosses()

  constructor() {
    super(FAILURE_KINDS)
  }
}

/** Counts what the output of the log did not take. */
export class LogLosses {
  droppedLines = 0
  readonly writeErrors = new LabelCounts<LogWriteError>(LOG_WRITE_ERRORS)

  /** Counts an error of write(2) by its code; returns the label. */
  countError(code: unknown): LogWriteError {
    const label = LOG_WRITE_ERRORS.find((known) => known === code) ?? 'other'
    this.writeErrors.count(label)
    return label
  }
}

/** The rate of a growing counter per second, between its last two samples. Times are monotonic ms. */
export class RateMeter {
  perSecond = 0
  private count = 0
  private atMs: number

  constructor(nowMs: number) {
    this.atMs = nowMs
  }

  sample(count: number, nowMs: number): void {
    if (nowMs <= this.atMs) return
    this.perSecond = ((count - this.count) * 1000) / (nowMs - this.atMs)
    this.count = count
    this.atMs = nowMs
  }
}

/** The longest fan-out round since the last reading. Each reader needs a meter of its own, because a reading resets it. */
export class RoundMeter {
  private tookMs = 0
  private lagMs = 0

  see({ tookMs, lagMs }: { readonly tookMs: number; readonly lagMs: number }): void {
    if (tookMs > this.tookMs) this.tookMs = tookMs
    if (lagMs > this.lagMs) this.lagMs = lagMs
  }

  /** Zeros if no round has finished since the last call. */
  take(): { readonly tookMs: number; readonly lagMs: number } {
    const { tookMs, lagMs } = this
    this.tookMs = 0
    this.lagMs = 0
    return { tookMs, lagMs }
  }
}

/** How long, and how often, the source was not ready. Times are monotonic ms. */
export class IngestGaps {
  /** How often the source has become ready, the first time included. */
  connects = 0
  isReady = false
  private unreadyMs = 0

  /** @param sinceMs when the source is first expected to be ready */
  constructor(private sinceMs: number) {}

  /** How often the source became ready again after a gap. */
  get returns(): number {
    return Math.max(0, this.connects - 1)
  }

  change(state: IngestState, nowMs: number): void {
    const isReady = state === 'ready'
    if (isReady === this.isReady) return
    if (isReady) {
      this.unreadyMs += nowMs - this.sinceMs
      this.connects++
    }
    this.isReady = isReady
    this.sinceMs = nowMs
  }

  /** The time without a ready source so far, a gap that has not ended included. */
  totalMs(nowMs: number): number {
    return this.isReady ? this.unreadyMs : this.unreadyMs + nowMs - this.sinceMs
  }
}
