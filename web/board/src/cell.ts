import { make } from '../../shared/dom.js'
import { formatWhole } from '../../shared/format.js'
import type { Face } from './emoji.js'

/** No cell flashes more than three times a second: what flashes more often can bring on a seizure (WCAG 2.3.1). */
const FLASH_APART_MS = 340
const FADE: Keyframe[] = [{ opacity: 0.75 }, { opacity: 0 }]
const FADING: KeyframeAnimationOptions = { duration: 600, easing: 'ease-out' }

/** An emoji with its count, a button. */
export class Cell {
  readonly element: HTMLButtonElement
  readonly count = document.createTextNode('0')
  private readonly glow = make('span', 'glow')
  private fading: Animation | null = null
  private flashedAtMs = Number.NEGATIVE_INFINITY

  constructor(readonly face: Face) {
    const char = make('span', face.char === face.id ? 'char text' : 'char', face.char)
    char.setAttribute('role', 'img')
    char.setAttribute('aria-label', face.name)
    this.element = make('button', 'cell', this.glow, char, make('span', 'count', this.count))
    this.element.type = 'button'
    this.element.tabIndex = -1
    this.element.title = face.name
    this.element.dataset['id'] = face.id
  }

  show(count: number): void {
    this.count.data = formatWhole(count)
  }

  /** Lights up and fades, by opacity alone, which the browser animates without this thread. `nowMs`: when the frame began. */
  flash(nowMs: number): void {
    if (nowMs - this.flashedAtMs < FLASH_APART_MS) return
    this.flashedAtMs = nowMs
    if (this.fading === null) this.fading = this.glow.animate(FADE, FADING)
    else {
      this.fading.currentTime = 0
      this.fading.play()
    }
  }
}
