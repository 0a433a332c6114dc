/** Two samples further apart than this have a gap between them, where the line breaks. */
const GAP_S = 2.5

/** The samples of the last `lengthS` seconds, in columns as uPlot takes them. A missing figure is null. */
export class TimeWindow<Name extends string> {
  readonly times: number[] = []
  private readonly columns: ReadonlyMap<Name, (number | null)[]>

  constructor(
    names: readonly Name[],
    readonly lengthS: number,
  ) {
    this.columns = new Map(names.map((name) => [name, []]))
  }

  get size(): number {
    return this.times.length
  }

  /** Adds a sample and drops the samples that are too old. A clock that was set back clears the window. */
  push(atS: number, row: Readonly<Record<Name, number | null>>): void {
    const last = this.times.at(-1)
    if (last !== undefined && atS <= last) this.clear()
    else if (last !== undefined && atS - last > GAP_S) this.append(last + GAP_S / 2, () => null)
    this.append(atS, (name) => row[name])
    const first = this.times.findIndex((time) => time >= atS - this.lengthS)
    if (first > 0) for (const list of [this.times, ...this.columns.values()]) list.splice(0, first)
  }

  column(name: Name): readonly (number | null)[] {
    return this.columns.get(name) ?? []
  }

  /** The lowest and the highest figure of a column, or null if it has none. */
  extremes(name: Name): { readonly low: number; readonly high: number } | null {
    const figures = this.column(name).filter((figure) => figure !== null)
    return figures.length === 0 ? null : { low: Math.min(...figures), high: Math.max(...figures) }
  }

  clear(): void {
    for (const list of [this.times, ...this.columns.values()]) list.length = 0
  }

  private append(atS: number, figure: (name: Name) => number | null): void {
    this.times.push(atS)
    for (const [name, column] of this.columns) column.push(figure(name))
  }
}
