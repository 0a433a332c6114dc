import type { Scrape } from './scrape.js'

const OURS = /\b((?:emojitrack|nodejs|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g
const MATCHER = /([a-z_]+)(=~|!=|!~|=)"([^"]*)"/g
const GROUPING = /\b(?:by|without|on|ignoring) \(([^)]*)\)/g

/** Labels that Prometheus adds itself: of the target, and the bound of a histogram's bucket. */
const TARGET_LABELS = new Set(['job', 'instance', 'alertname', 'alertstate', 'severity', 'le'])

/** The parts of an expression that the scrape has no answer for: unknown metrics, labels and values. */
export function unanswerable(expr: string, scrape: Scrape): string[] {
  const faults: string[] = []
  const labels = new Set(scrape.series.flatMap((series) => Object.keys(series.labels)))
  for (const [, name = '', matchers = ''] of expr.matchAll(OURS)) {
    const series = scrape.series.filter((each) => each.name === name)
    if (series.length === 0) faults.push(`no metric ${name}`)
    for (const [, label = '', operator, value = ''] of matchers.matchAll(MATCHER)) {
      if (TARGET_LABELS.has(label)) continue
      if (operator === '=' && !series.some((each) => each.labels[label] === value)) faults.push(`no ${name}{${label}="${value}"}`)
    }
  }
  for (const [, list = ''] of expr.matchAll(GROUPING)) {
    for (const label of list.split(',').map((each) => each.trim())) {
      if (!TARGET_LABELS.has(label) && !labels.has(label)) faults.push(`no label ${label}`)
    }
  }
  return faults
}
