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

type Flashing = Pick<HTMLElement, 'dataset'>

/**
 * Lets elements flash: `data-glow` goes down from 3 to none, and the styles do the rest. A cell that has just risen is painted anyway, and again for each
 * of the few steps after that; an animation would cost a layer of the browser's compositor for each, and work in every frame.
 */
export class Flashes {
  /** Those that are alight, the oldest first. */
  private readonly alight = new Map<Flashing, Flash>()

  /** @param schedule as requestAnimationFrame */
  constructor(private readonly schedule: (onFrame: (nowMs: number) => void) => unknown) {}

  /** Unless it has done so just now, or too many do. `nowMs`: when the frame began. */
  flash(element: Flashing, nowMs: number): void {
    const last = this.alight.get(element)
    if (last === undefined ? this.alight.size >= MOST : nowMs - last.atMs < APART_MS) return
    if (this.alight.size === 0) this.scheduleFrame()
    this.alight.delete(element)
    this.alight.set(element, { atMs: nowMs, level: BRIGHTEST })
    element.dataset['glow'] = String(BRIGHTEST)
  }

  private scheduleFrame(): void {
    this.schedule((nowMs) => this.fade(nowMs))
  }

  private fade(nowMs: number): void {
    for (const [element, flash] of this.alight) {
      const level = BRIGHTEST - Math.floor((nowMs - flash.atMs) / STEP_MS)
      if (level <= 0) {
        this.alight.delete(element)
        delete element.dataset['glow']
      } else if (level < flash.level) {
        flash.level = level
        element.dataset['glow'] = String(level)
      }
    }
    if (this.alight.size > 0) this.scheduleFrame()
  }
}
