/** As many pixels as a frame may paint anew: a browser without a GPU has no time for more. */
const MOST_PIXELS = 1_500_000

/**
 * The screen in bands from top to bottom, one for each frame of the browser in turn. A browser paints the rectangle around all that has changed, so what
 * changes in one frame lies close together on a large screen; a small one is a single band.
 */
export class Bands {
  private count = 1
  private turn = 0
  private atMs = Number.NaN

  /** `width`, `height`: of the screen, in its own pixels, not in those of the styles. */
  resize(width: number, height: number): void {
    this.count = Math.max(1, Math.ceil((width * height) / MOST_PIXELS))
  }

  /**
   * Whether the frame is that of a place. What is not on the screen has any.
   * @param part of the screen above the place, 0 to 1
   * @param nowMs when the frame began
   */
  isTurnOf(part: number, nowMs: number): boolean {
    if (nowMs !== this.atMs) this.turn++
    this.atMs = nowMs
    const isOnScreen = part >= 0 && part < 1
    return !isOnScreen || Math.floor(part * this.count) === this.turn % this.count
  }
}
