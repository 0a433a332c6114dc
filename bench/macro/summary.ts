import { median } from '../shared/quantile.js'
import { textTable } from '../shared/text-table.js'
import { COLUMNS, type Figures, type Round } from './figures.js'

/** All rounds of one server under one load. */
export interface Series {
  readonly label: string
  readonly rounds: readonly Round[]
  /** The series that the cost is compared with. */
  readonly baseline: Series | null
}

/** The median of each figure over the rounds. */
export const mediansOf = (rounds: readonly Round[]): Figures =>
  Object.fromEntries(
    COLUMNS.flatMap(({ name }) => {
      const middle = median(rounds.flatMap(({ figures }) => figures[name] ?? []))
      return middle === undefined ? [] : [[name, middle]]
    }),
  )

/** One table: a row for each series, with its cost as a multiple of that of its baseline. */
export function tableOf(all: readonly Series[]): string {
  const rows = all.map((series) => ({ series, medians: mediansOf(series.rounds) }))
  const columns = COLUMNS.filter(({ name }) => rows.some(({ medians }) => medians[name] !== undefined))
  const cells = rows.map(({ series, medians }) => [
    series.label,
    ...columns.map(({ name, digits }) => medians[name]?.toFixed(digits) ?? '-'),
    exactness(series.rounds),
    ...(rows.length > 1 ? [ratio(costOf(medians), costOf(mediansOf((series.baseline ?? series).rounds)))] : []),
  ])
  return textTable([['', ...columns.map(({ title }) => title), 'exact', ...(rows.length > 1 ? ['× cost'] : [])], ...cells])
}

function exactness(rounds: readonly Round[]): string {
  if (rounds.some(({ isExact }) => isExact === false)) return 'no'
  return rounds.some(({ isExact }) => isExact) ? 'yes' : '-'
}

const costOf = ({ cpuUsPerUpdate, cpuUsPerEvent }: Figures) => cpuUsPerUpdate ?? cpuUsPerEvent

const ratio = (cost: number | undefined, of: number | undefined) => (cost === undefined || of === undefined ? '-' : (cost / of).toFixed(2))
