import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PAGE = fileURLToPath(new URL('../../../docs/operations.md', import.meta.url))
const HEADING = '\n### Faults of Redis\n'

/** A row of the table of faults in docs/operations.md: what each place shows, as the words in code font. */
export interface FaultRow {
  readonly fault: string
  /** The states of the ingest in `/health`, in order. */
  readonly health: readonly string[]
  /** Parts of log lines. */
  readonly log: readonly string[]
  /** The metrics that rise. */
  readonly metrics: readonly string[]
}

export function faultRows(): FaultRow[] {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split(HEADING)
  const lines = (section.split('\n#')[0] ?? '').split('\n').filter((line) => line.startsWith('| '))
  return lines.slice(2).map((line) => {
    const [fault = '', health = '', log = '', metrics = ''] = line.slice(2).split(' | ')
    return { fault, health: codesOf(health), log: codesOf(log), metrics: codesOf(metrics) }
  })
}

const codesOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
