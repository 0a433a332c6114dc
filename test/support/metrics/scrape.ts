/** A worker that hangs is waited for, for 2 s. */
const SCRAPE_MS = 5_000

/** One line of Prometheus' text format. A histogram has several names: `_bucket`, `_sum` and `_count`. */
export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The content of a scrape. */
export class Scrape {
  constructor(
    /** The metrics, by name, without the suffixes of histograms. */
    readonly types: ReadonlyMap<string, string>,
    readonly series: readonly Series[],
  ) {}

  /** The sum of all series of this name that have these labels, over all workers for example; throws where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.of(name).filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
    if (found.length === 0) throw new Error(`no series ${name}${JSON.stringify(labels)}`)
    return found.reduce((sum, { value }) => sum + value, 0)
  }

  /** The sums by one label: its values → the sum of the series. */
  by(name: string, label: string): Record<string, number> {
    const sums: Record<string, number> = {}
    for (const { labels, value } of this.of(name)) {
      const key = labels[label] ?? ''
      sums[key] = (sums[key] ?? 0) + value
    }
    return sums
  }

  without(names: RegExp): Scrape {
    return new Scrape(
      this.types,
      this.series.filter(({ name }) => !names.test(name)),
    )
  }

  private of(name: string): Series[] {
    return this.series.filter((each) => each.name === name)
  }
}

/** Reads Prometheus' text format, as far as our server writes it; promtool judges the rest. Throws on a line that is none. */
export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>()
  const series: Series[] = []
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (typed !== undefined && type !== undefined) types.set(typed, type)
    if (line === '' || line.startsWith('#')) continue
    const [, name, labels = '', value] = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`no line of a scrape: ${line}`)
    const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label = '', of = '']) => [label, of] as const)
    series.push({ name, labels: Object.fromEntries(pairs), value: Number(value) })
  }
  return new Scrape(types, series)
}

/** Asks a server for its metrics, over a connection of its own. */
export async function scrapeOf(server: { readonly url: string }): Promise<Scrape> {
  return parseScrape(await scrapeText(server))
}

export async function scrapeText({ url }: { readonly url: string }): Promise<string> {
  const answer = await fetch(`${url}/metrics`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(SCRAPE_MS) })
  if (answer.status !== 200) throw new Error(`/metrics answers ${answer.status}`)
  return await answer.text()
}
