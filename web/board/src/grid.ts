/** A grid of equal cells as it is laid out, px. */
export interface GridBox {
  readonly columns: number
  /** The distance from one row to the next. */
  readonly stepY: number
}

/**
 * The range of cells in sight: `from` is the first index, `to` is one after the last.
 * @param top the distance of the grid from the upper edge of the screen
 * @param height of the screen
 */
export function indexesInSight(top: number, height: number, { columns, stepY }: GridBox): readonly [from: number, to: number] {
  const from = Math.max(0, Math.floor(-top / stepY)) * columns
  const to = Math.max(0, Math.ceil((height - top) / stepY)) * columns
  return [from, to]
}
