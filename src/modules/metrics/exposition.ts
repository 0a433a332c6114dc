import type { Registry } from 'prom-client'
import { SingleFlight, TIMEOUT_MS } from '../../common/platform/coalesce.js'
import type { RelayPayload } from '../../common/relay/relay.js'

/** The lines in front of a metric's series: `# HELP` and `# TYPE`. */
const HEAD_LINES = 2

/** A metric's readings: what collects its values itself, as a plug-in's metric may, can take long. */
const readings = new WeakMap<object, SingleFlight<string>>()

/**
 * What one process says of itself: name of the metric → its lines in Prometheus' text format, head included.
 * A metric that takes longer than a second is left out until its reading has ended, without another wait.
 * @param onFailure hears of a metric that couldn't be read, or not within a second, in each scrape that leaves it out
 */
export async function expositionOf(registry: Registry, onFailure: (name: string, error: unknown) => void = rethrow): Promise<RelayPayload> {
  const blocks = registry.getMetricsAsArray().map(async (metric) => {
    const { name } = metric
    const reading = readings.get(metric) ?? new SingleFlight(() => registry.getSingleMetricAsString(name))
    readings.set(metric, reading)
    try {
      const text = await reading.result()
      if (text === null) throw new Error(`it took longer than ${TIMEOUT_MS} ms`)
      return [[name, text] as const]
    } catch (error) {
      onFailure(name, error)
      return []
    }
  })
  return Object.fromEntries((await Promise.all(blocks)).flat())
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
