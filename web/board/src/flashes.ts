/** How long a flash stays at each level, ms. */
const STEP_MS = 150
/** It begins at this level and goes down to none. */
const BRIGHTEST = 3
/** No cell flashes more than three times a second: what flashes more often can bring on a seizure (WCAG 2.3.1). */
const APART_MS = 340
/** How many may be alight at a time. */
const MOST = 64

interface Flash {
  readonly atMs: number
  level: number
}

export interface Flashing {
  readonly element: Pick<HTMLElement, 'dataset'>
}

/**
 * Lets cells flash: `data-glow` goes down from 3 to none, and the styles do the rest. A cell that has just risen is painted anyway, and again for each
 * of the few steps after that; an animation would cost a layer of the browser's compositor for each, and work in every frame.
 */
export class Flashes<Cell extends Flashing> {
  /** Those that are alight, the oldest first. */
  private readonly alight = new Map<Cell, Flash>()

  /**
   * @param mayChange whether a cell may in the frame that began at `nowMs`
   * @param schedule as requestAnimationFrame
   */
  constructor(
    private readonly mayChange: (cell: Cell, nowMs: number) => boolean,
    private readonly schedule: (onFrame: (nowMs: number) => void) => unknown,
  ) {}

  /** Unless it has done so just now, or too many do. `nowMs`: when the frame began. */
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
