import type { Registry } from 'prom-client'
import type { RelayPayload } from '../../common/relay/relay-message.js'

/** The lines in front of a metric's series: `# HELP` and `# TYPE`. */
const HEAD_LINES = 2

/**
 * What one process says of itself: name of the metric → its lines in Prometheus' text format, head included.
 * @param onFailure hears of a metric that couldn't be read; it is left out
 */
export async function expositionOf(registry: Registry, onFailure: (name: string, error: unknown) => void = rethrow): Promise<RelayPayload> {
  const blocks = registry.getMetricsAsArray().map(async ({ name }) => {
    try {
      return [[name, await registry.getSingleMetricAsString(name)] as const]
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
