import { Counter, Gauge, type Registry } from 'prom-client'
import { SingleFlight, TIMEOUT_MS } from '../../common/platform/coalesce.js'
import type { RelayPayload } from '../../common/relay/relay.js'

/** A metric whose value is kept elsewhere and read at each scrape: an event costs an addition, and the scrape pays for the rest. */
export interface ReadMetric {
  readonly name: string
  readonly help: string
  readonly read: () => number
}

/** A metric with one label. `read` returns the value of each label. */
export interface LabelledMetric {
  readonly name: string
  readonly help: string
  readonly label: string
  readonly read: () => ReadonlyMap<string, number>
}

export function addCounter(registry: Registry, { name, help, ...metric }: ReadMetric | LabelledMetric): void {
  new Counter({
    name,
    help,
    labelNames: 'label' in metric ? [metric.label] : [],
    registers: [registry],
    collect() {
      this.reset()
      if (!('label' in metric)) return this.inc(metric.read())
      for (const [value, count] of metric.read()) this.inc({ [metric.label]: value }, count)
    },
  })
}

export function addGauge(registry: Registry, { name, help, ...metric }: ReadMetric | LabelledMetric): void {
  new Gauge({
    name,
    help,
    labelNames: 'label' in metric ? [metric.label] : [],
    registers: [registry],
    collect() {
      if (!('label' in metric)) return this.set(metric.read())
      for (const [value, amount] of metric.read()) this.set({ [metric.label]: value }, amount)
    },
  })
}

/** The lines in front of a metric's series: `# HELP` and `# TYPE`. */
const HEAD_LINES = 2

/** Reads of metrics. A metric that collects its values itself, as a plug-in's may, can take long. */
const readings = new WeakMap<object, SingleFlight<string>>()

/**
 * The metrics of one process: name of the metric → its lines in Prometheus' text format, head included. A metric that takes longer than a
 * second is left out. Later calls leave it out at once, until its reading has ended.
 * @param onFailure called for each metric that is left out, in each scrape
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

/** Joins the metrics of several processes. The format wants the series of one metric together; labels tell the processes apart. */
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
