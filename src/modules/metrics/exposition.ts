import type { Registry } from 'prom-client'
import type { RelayPayload } from '../../common/relay/relay-message.js'

/** The lines in front of a metric's series: `# HELP` and `# TYPE`. */
const HEAD_LINES = 2

/** The longest that a scrape waits for what collects its values itself: a plug-in's metric may ask somebody else. */
const LONGEST_MS = 1000

/** A metric's lines on their way. */
interface Reading {
  readonly text: Promise<string>
  /** A scrape has waited for it in vain: none does again. */
  isLate: boolean
}

/** Those under way, by metric: one that never ends is not read anew. */
const underWay = new WeakMap<object, Reading>()

/**
 * What one process says of itself: name of the metric → its lines in Prometheus' text format, head included.
 * A metric that takes longer than a second is left out until its reading has ended, without another wait.
 * @param onFailure hears of a metric that couldn't be read, or not within a second, in each scrape that leaves it out
 */
export async function expositionOf(registry: Registry, onFailure: (name: string, error: unknown) => void = rethrow): Promise<RelayPayload> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, LONGEST_MS, null)
  })
  const blocks = registry.getMetricsAsArray().map(async (metric) => {
    const { name } = metric
    const reading = underWay.get(metric) ?? {
      text: registry.getSingleMetricAsString(name).finally(() => underWay.delete(metric)),
      isLate: false,
    }
    underWay.set(metric, reading)
    try {
      const text = reading.isLate ? null : await Promise.race([reading.text, late])
      reading.isLate = text === null
      if (text === null) throw new Error(`it took longer than ${LONGEST_MS} ms`)
      return [[name, text] as const]
    } catch (error) {
      onFailure(name, error)
      return []
    }
  })
  return Object.fromEntries((await Promise.all(blocks).finally(() => clearTimeout(timer))).flat())
}

function rethrow(_name: string, error: unknown): never {
  throw error
}

/** One text of what several processes say: the series of each metric together, as the format wants it. Their labels tell the processes apart. */
export function joinExpositions(documents: readonly RelayPayload[]): string {
  const blocks = new Map<string, string[]>()
  for (const document of documents) {
    for (const [name, text] of Object.entries(document)) {
      const block = blocks.get(name)
      if (block === undefined) blocks.set(name, [text])
      else block.push(...text.split('\n').slice(HEAD_LINES))
    }
  }
  return [...blocks.values()].map((lines) => `${lines.join('\n')}\n`).join('\n')
}
