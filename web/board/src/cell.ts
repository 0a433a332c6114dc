import { make } from '../../shared/dom.js'
import { formatWhole, MISSING } from '../../shared/format.js'
import type { Face } from './emoji.js'

/** A button with an emoji and its count. */
export class Cell {
  readonly element: HTMLButtonElement
  /** The number of cells shown before it. */
  place = 0
  private readonly count = document.createTextNode(MISSING)

  constructor(readonly face: Face) {
    const char = make('span', face.char === face.id ? 'char text' : 'char', face.char)
    char.setAttribute('role', 'img')
    char.setAttribute('aria-label', face.name)
    this.element = make('button', 'cell', char, make('span', 'count', this.count))
    this.element.type = 'button'
    this.element.tabIndex = -1
    this.element.title = face.name
    this.element.dataset['id'] = face.id
  }

  show(count: number): void {
    this.count.data = formatWhole(count)
  }

  /** Hides it unless all words occur in its name, id or character. */
  match(words: readonly string[]): void {
    const text = `${this.face.name} ${this.face.id} ${this.face.char}`.toLowerCase()
    this.element.hidden = !words.every((word) => text.includes(word))
  }
}
