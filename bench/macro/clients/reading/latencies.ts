import { z } from 'zod'

/** Steps within a power of two. Figures are exact to 3 %. */
const STEPS = 32
const STEP_BITS = 5

/** The form of latencies between processes: pairs of place and count. */
export const latenciesSchema = z.object({ counts: z.array(z.tuple([z.number(), z.number()])), maxUs: z.number() })

type Report = z.infer<typeof latenciesSchema>

/** A histogram of latencies. The width of its places grows with the value. */
export class Latencies {
  private readonly counts = new Uint32Array(STEPS * 32)
  private maxUs = 0

  add(us: number): void {
    const place = placeOf(Math.max(0, us))
    this.counts[place] = (this.counts[place] ?? 0) + 1
    if (us > this.maxUs) this.maxUs = us
  }

  include({ counts, maxUs }: Report): void {
    for (const [place, count] of counts) this.counts[place] = (this.counts[place] ?? 0) + count
    this.maxUs = Math.max(this.maxUs, maxUs)
  }

  /** Returns the latencies since the last call. */
  take(): Report {
    const counts = [...this.counts].flatMap((count, place): [number, number][] => (count > 0 ? [[place, count]] : []))
    const { maxUs } = this
    this.counts.fill(0)
    this.maxUs = 0
    return { counts, maxUs }
  }

  get max(): number | undefined {
    return this.maxUs > 0 ? this.maxUs : undefined
  }

  /** The latency in µs below which the share `q` lies; undefined when there is none. */
  quantile(q: number): number | undefined {
    const wanted = this.counts.reduce((sum, each) => sum + each, 0) * q
    let seen = 0
    for (const [place, count] of this.counts.entries()) {
      seen += count
      if (count > 0 && seen >= wanted) return latencyAt(place)
    }
    return undefined
  }
}

function placeOf(us: number): number {
  if (us < STEPS) return us | 0
  const exponent = 31 - Math.clz32(us)
  return exponent * STEPS + ((us >>> (exponent - STEP_BITS)) & (STEPS - 1))
}

function latencyAt(place: number): number {
  if (place < STEPS) return place
  const exponent = Math.floor(place / STEPS)
  return (STEPS + (place % STEPS)) * 2 ** (exponent - STEP_BITS)
}
