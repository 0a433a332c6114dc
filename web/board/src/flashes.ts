/** The time of a flash at each level, ms. */
const STEP_MS = 150
/** The first level of a flash. The last one is 1. */
const BRIGHTEST = 3
/** The least time between two flashes of a cell: more than three a second can cause a seizure (WCAG 2.3.1). */
const APART_MS = 340
/** The most cells that flash at a time. */
const MOST = 64

interface Flash {
  readonly atMs: number
  level: number
}

export interface Flashing {
  readonly element: Pick<HTMLElement, 'dataset'>
}

/**
 * Makes cells flash: `data-glow` goes from 3 down to none, and the styles do the rest. A cell whose count has risen is painted anyway, and
 * once more for each level. An animation would cost a layer of the browser's compositor for each cell, and work in every frame.
 */
export class Flashes<Cell extends Flashing> {
  /** The cells that flash, the oldest first. */
  private readonly alight = new Map<Cell, Flash>()

  /**
   * @param mayChange whether a cell may change in the frame that began at `nowMs`
   * @param schedule as requestAnimationFrame
   */
  constructor(
    private readonly mayChange: (cell: Cell, nowMs: number) => boolean,
    private readonly schedule: (onFrame: (nowMs: number) => void) => unknown,
  ) {}

  /** Makes a cell flash, unless it has just flashed or too many cells do. `nowMs`: the start of the frame. */
  flash(cell: Cell, nowMs: number): void {
    const last = this.alight.get(cell)
    if (last === undefined ? this.alight.size >= MOST : nowMs - last.atMs < APART_MS) return
    if (this.alight.size === 0) this.scheduleFrame()
    this.alight.delete(cell)
    this.alight.set(cell, { atMs: nowMs, level: BRIGHTEST })
    cell.element.dataset['glow'] = String(BRIGHTEST)
  }

  private scheduleFrame(): void {
    this.schedule((nowMs) => this.fade(nowMs))
  }

  private fade(nowMs: number): void {
    for (const [cell, flash] of this.alight) {
      if (!this.mayChange(cell, nowMs)) continue
      const { dataset } = cell.element
      const level = BRIGHTEST - Math.floor((nowMs - flash.atMs) / STEP_MS)
      if (level <= 0) {
        this.alight.delete(cell)
        delete dataset['glow']
      } else if (level < flash.level) {
        flash.level = level
        dataset['glow'] = String(level)
      }
    }
    if (this.alight.size > 0) this.scheduleFrame()
  }
}
