import type { Connection } from './cluster.js'

export type SortKey = keyof Connection

export interface Order {
  readonly key: SortKey
  readonly isDescending: boolean
}

const NUMBERS: ReadonlySet<SortKey> = new Set<SortKey>(['ageS', 'lagMs', 'bufferedBytes', 'sent', 'conflated'])
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** The order after a click on a column's head: large numbers or early letters first; the reverse if the column has that order already. */
export function nextOrder(order: Order, key: SortKey): Order {
  return { key, isDescending: order.key === key ? !order.isDescending : NUMBERS.has(key) }
}

/** The connections whose path, client, agent or node holds each word of the query. Case does not matter. */
export function search(connections: readonly Connection[], query: string): readonly Connection[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return connections
  return connections.filter(({ path, client, agent, node }) => {
    const text = `${path}\n${client}\n${agent}\n${node}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** A sorted copy. Missing values come last in either order. */
export function sorted(connections: readonly Connection[], { key, isDescending }: Order): Connection[] {
  const sign = isDescending ? -1 : 1
  return [...connections].sort((left, right) => {
    const [a, b] = [left[key], right[key]]
    if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b))
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b)))
  })
}

const isMissing = (value: string | number | null) => value === null || value === ''
