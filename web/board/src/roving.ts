/** The index that a key moves to, from one of `count` cells in rows of `columns`; null for a key that does not move. */
export function nextIndex(key: string, index: number, count: number, columns: number): number | null {
  const target = index + (steps(columns)[key] ?? 0)
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  // At the edge the focus stays.
  return target === index || target < 0 || target >= count ? null : target
}

const PAGE_ROWS = 5

const steps = (columns: number): Readonly<Record<string, number>> => ({
  ArrowRight: 1,
  ArrowLeft: -1,
  ArrowDown: columns,
  ArrowUp: -columns,
  PageDown: PAGE_ROWS * columns,
  PageUp: -PAGE_ROWS * columns,
})
