import { Counter, Gauge, type Registry } from 'prom-client'

/** A metric whose values are kept elsewhere, and read at each scrape: an event costs an addition, whoever scrapes pays for the rest. */
export interface ReadMetric {
  readonly name: string
  readonly help: string
  readonly read: () => number
}

/** The same with one label; `read` gives its values. */
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
