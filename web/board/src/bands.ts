/** The most pixels that a frame paints anew: a browser without a GPU has no time for more. */
const MOST_PIXELS = 1_500_000

/**
 * The screen in bands from top to bottom, one for each frame of the browser in turn. A browser paints the rectangle around all changes, so
 * the changes of one frame lie close together on a large screen. A small screen is a single band.
 */
export class Bands {
  private count = 1
  private turn = 0
  private atMs = Number.NaN

  /** @param width of the screen, as `height` in device pixels, not in CSS pixels */
  resize(width: number, height: number): void {
    this.count = Math.max(1, Math.ceil((width * height) / MOST_PIXELS))
  }

  /**
   * Whether a place may change in this frame. A place outside the screen may change in any frame.
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
