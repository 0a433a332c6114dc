import { make } from '../../shared/dom.js'

/** How many may be alight at a time. Each is a layer of the browser's compositor; a layer for every cell would cost more than the counts. */
const GLOWS = 64
const FADE_MS = 600
const FADE: Keyframe[] = [{ opacity: 0.8 }, { opacity: 0 }]

interface Glow {
  readonly element: HTMLElement
  readonly fading: Animation
  litAtMs: number
}

/**
 * Lights behind the cells that have just risen. Each is put where it is wanted and fades by opacity alone, which the browser animates without this
 * thread. They never change their number or order, so that nothing else is drawn again for them.
 */
export class Glows {
  private readonly glows: readonly Glow[]
  private next = 0

  constructor(private readonly host: HTMLElement) {
    this.glows = Array.from({ length: GLOWS }, () => {
      const element = make('span', 'glow')
      host.append(element)
      const fading = element.animate(FADE, { duration: FADE_MS, easing: 'ease-out' })
      fading.finish()
      return { element, fading, litAtMs: Number.NEGATIVE_INFINITY }
    })
  }

  /** As large as the cells, px. */
  resize(width: number, height: number): void {
    this.host.style.setProperty('--width', `${width}px`)
    this.host.style.setProperty('--height', `${height}px`)
  }

  /** Lights up at a place, px; false when all are alight. `nowMs`: when the frame began. */
  light(x: number, y: number, nowMs: number): boolean {
    const glow = this.glows[this.next]
    // The one that was lit first is the first to go out.
    if (glow === undefined || nowMs - glow.litAtMs < FADE_MS) return false
    this.next = (this.next + 1) % GLOWS
    glow.litAtMs = nowMs
    glow.element.style.transform = `translate(${x}px, ${y}px)`
    glow.fading.currentTime = 0
    glow.fading.play()
    return true
  }
}
