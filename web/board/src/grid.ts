/** A grid of equal cells as it is laid out, px. */
export interface GridBox {
  readonly columns: number
  /** From one row to the next. */
  readonly stepY: number
}

/** The cells that are in sight: from the first index to before the last. `top`: of the grid, from the upper edge of the screen; `height`: of that. */
export function indexesInSight(top: number, height: number, { columns, stepY }: GridBox): readonly [from: number, to: number] {
  const from = Math.max(0, Math.floor(-top / stepY)) * columns
  const to = Math.max(0, Math.ceil((height - top) / stepY)) * columns
  return [from, to]
}
