/** Adds one eps frame (a JSON object of id → increment) to `counts`, and throws when it is not one; any id survives, `__proto__` too. */
export function addScores(counts: Map<string, number>, json: string): void {
  const scores: unknown = JSON.parse(json)
  if (typeof scores !== 'object' || scores === null || Array.isArray(scores)) throw new Error(`not an object of scores: ${json}`)
  // JSON.parse and Object.entries treat `__proto__` as a plain own key; indexing would not.
  const entries: [string, unknown][] = Object.entries(scores)
  if (entries.length === 0) throw new Error('a frame of scores without a score')
  for (const [id, increment] of entries) {
    if (typeof increment !== 'number' || !Number.isSafeInteger(increment) || increment < 1) throw new Error(`not a score: ${json}`)
    counts.set(id, (counts.get(id) ?? 0) + increment)
  }
}

/** The sum of all increments. */
export function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0
  for (const count of counts.values()) total += count
  return total
}
