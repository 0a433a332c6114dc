/** A grid of equal cells as it is laid out, px. */
export interface GridBox {
  readonly columns: number
  /** From one cell to the next. */
  readonly stepX: number
  readonly stepY: number
}

/** Where the cell of an index lies, from the corner of the grid, px. */
export const placeAt = (index: number, { columns, stepX, stepY }: GridBox) => ({
  x: (index % columns) * stepX,
  y: Math.floor(index / columns) * stepY,
})

/** The cells that are in sight: from the first index to before the last. `top`: of the grid, from the upper edge of the screen; `height`: of that. */
export function indexesInSight(top: number, height: number, { columns, stepY }: GridBox): readonly [from: number, to: number] {
  const from = Math.max(0, Math.floor(-top / stepY)) * columns
  const to = Math.max(0, Math.ceil((height - top) / stepY)) * columns
  return [from, to]
}
