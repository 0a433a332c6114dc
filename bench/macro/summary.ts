import { median } from '../shared/quantile.js'
import { textTable } from '../shared/text-table.js'
import { COLUMNS, type Figures, type Round } from './figures.js'
import type { Variant } from './variant.js'

/** All rounds of one variant. */
export interface Series {
  readonly variant: Variant
  readonly rounds: readonly Round[]
}

/** The median of each figure over the rounds. */
export const mediansOf = (rounds: readonly Round[]): Figures =>
  Object.fromEntries(
    COLUMNS.flatMap(({ name }) => {
      const middle = median(rounds.flatMap(({ figures }) => figures[name] ?? []))
      return middle === undefined ? [] : [[name, middle]]
    }),
  )

/** One table: a row for each variant, with its cost as a multiple of the first one's. */
export function tableOf(all: readonly Series[]): string {
  const rows = all.map((series) => ({ series, medians: mediansOf(series.rounds) }))
  const columns = COLUMNS.filter(({ name }) => rows.some(({ medians }) => medians[name] !== undefined))
  const first = rows[0]?.medians ?? {}
  const cells = rows.map(({ series, medians }) => [
    series.variant.label,
    ...columns.map(({ name, digits }) => medians[name]?.toFixed(digits) ?? '-'),
    exactness(series.rounds),
    ...(rows.length > 1 ? [ratio(costOf(medians), costOf(first))] : []),
  ])
  return textTable([['', ...columns.map(({ title }) => title), 'exact', ...(rows.length > 1 ? ['× cost'] : [])], ...cells])
}

function exactness(rounds: readonly Round[]): string {
  if (rounds.some(({ isExact }) => isExact === false)) return 'no'
  return rounds.some(({ isExact }) => isExact) ? 'yes' : '-'
}

const costOf = ({ cpuUsPerUpdate, cpuUsPerEvent }: Figures) => cpuUsPerUpdate ?? cpuUsPerEvent

const ratio = (cost: number | undefined, of: number | undefined) => (cost === undefined || of === undefined ? '-' : (cost / of).toFixed(2))
