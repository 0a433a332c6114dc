import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 20
const NS_PER_MS = 1e6

/** How late the event loop was since the last look, ms. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Measures how long callbacks wait for their turn, by Node's own timer in native code. */
export class EventLoopDelay {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  start(): void {
    this.histogram.enable()
  }

  stop(): void {
    this.histogram.disable()
  }

  /** Since the last call. */
  take(): LoopDelay {
    const { histogram } = this
    const delay = { p50: late(histogram.percentile(50)), p99: late(histogram.percentile(99)), max: late(histogram.max) }
    histogram.reset()
    return delay
  }
}

/** The histogram holds the times between two samples, so what is on time counts as one period. An empty one has a `max` of 0. */
const late = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)
