/** The box of a sparkline, in units of its SVG. */
export interface SparklineBox {
  readonly width: number
  readonly height: number
  /** The number of figures that fill the width. */
  readonly capacity: number
}

/** Keeps the line off the upper and the lower edge, in units. */
const MARGIN = 2

/**
 * The `points` of an SVG polyline through the figures, the newest at the right edge. The height goes from 0 to the highest figure. Empty
 * for fewer than two figures.
 */
export function sparklinePoints(figures: readonly number[], { width, height, capacity }: SparklineBox): string {
  if (figures.length < 2) return ''
  const top = Math.max(...figures, 1)
  const step = width / (capacity - 1)
  const x = (index: number) => width - (figures.length - 1 - index) * step
  const y = (figure: number) => height - MARGIN - (figure / top) * (height - 2 * MARGIN)
  return figures.map((figure, index) => `${tenth(x(index))},${tenth(y(figure))}`).join(' ')
}

const tenth = (value: number) => Math.round(value * 10) / 10
