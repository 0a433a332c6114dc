import { Counter, Gauge, type Registry } from 'prom-client'

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
