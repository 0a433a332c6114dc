/** The value below which the share `q` of the numbers lies, interpolated between two of them; undefined for no numbers. */
export function quantile(numbers: readonly number[], q: number): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const low = sorted[Math.floor(place)]
  const high = sorted[Math.ceil(place)]
  if (low === undefined || high === undefined) return undefined
  // Two infinite numbers have no difference.
  return low === high ? low : low + (high - low) * (place - Math.floor(place))
}

export const median = (numbers: readonly number[]): number | undefined => quantile(numbers, 0.5)
