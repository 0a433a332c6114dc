import { quantile } from '../shared/quantile.js'

const WARM_UP_NS = 200_000_000n
const SAMPLE_NS = 10_000_000
const SAMPLES = 40

/** A step to measure. */
export interface Case {
  readonly name: string
  /** The number of operations in one call of `run`. Default 1. */
  readonly ops?: number
  /** The step. It returns a value that depends on its work, so that the compiler cannot remove the work. */
  readonly run: () => number
}

/** ns per operation, over the samples. */
export interface Timing {
  readonly name: string
  readonly median: number
  readonly lower: number
  readonly upper: number
}

/** Takes the results. The export makes them visible, so the compiler has to keep them. */
export const sink = { value: 0 }

/** Warms up until the code is compiled, then takes samples of about 10 ms each. */
export function measure({ name, ops = 1, run }: Case): Timing {
  const calls = Math.max(1, Math.round(SAMPLE_NS / warmUp(run)))
  const samples = Array.from({ length: SAMPLES }, () => timeOf(run, calls) / calls / ops)
  const at = (q: number) => quantile(samples, q) ?? Number.NaN
  return { name, median: at(0.5), lower: at(0.25), upper: at(0.75) }
}

/** Returns the ns of one call. */
function warmUp(run: () => number): number {
  const start = process.hrtime.bigint()
  let calls = 0
  let elapsed = 0n
  for (; elapsed < WARM_UP_NS; elapsed = process.hrtime.bigint() - start) {
    sink.value ^= run()
    calls++
  }
  return Number(elapsed) / calls
}

function timeOf(run: () => number, calls: number): number {
  const start = process.hrtime.bigint()
  for (let call = 0; call < calls; call++) sink.value ^= run()
  return Number(process.hrtime.bigint() - start)
}
