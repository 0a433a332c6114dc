/** The increments in an event of `eps` (a JSON object of id → increment) or of `raw` (the id); none in what is neither. Pure. */
export function incrementsOf(namespace: 'eps' | 'raw', data: string): [id: string, increment: number][] {
  if (namespace === 'raw') return [[data, 1]]
  return Object.entries(parsed(data)).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]))
}

function parsed(json: string): object {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
