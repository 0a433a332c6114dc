import { Cell } from './cell.js'
import type { Counts } from './counts.js'
import { EMOJI, strangerOf } from './emoji.js'
import { nextIndex } from './roving.js'

/** The most cells of ids that the list of emoji doesn't have: any page can show so many. */
const MAX_STRANGERS = 2000

/** The cells, one for each emoji of the list and for each other id that has come. One of them can be reached by Tab, the others from there by the arrow keys. */
export class Board {
  private readonly cells = new Map<string, Cell>()
  private strangers = 0
  private readonly moving = matchMedia('(prefers-reduced-motion: no-preference)')
  private entry: HTMLButtonElement | null = null

  constructor(
    private readonly host: HTMLElement,
    private readonly onOpen: (cell: Cell) => void,
  ) {
    host.replaceChildren(...EMOJI.map((face) => this.add(new Cell(face))))
    this.enterAt(this.shown()[0])
    host.addEventListener('click', ({ target }) => this.open(target))
    host.addEventListener('focusin', ({ target }) => this.enterAt(target))
    host.addEventListener('keydown', (event) => this.move(event))
  }

  /** There may be ids that have no cell, for there are too many. */
  get isFull(): boolean {
    return this.strangers >= MAX_STRANGERS
  }

  /** Shows a count. A rise flashes, unless motion is not wanted. `nowMs`: when the frame began. */
  rise(id: string, count: number, nowMs: number): void {
    const cell = this.cellOf(id)
    cell?.show(count)
    if (this.moving.matches) cell?.flash(nowMs)
  }

  /** Shows all counts anew, without a flash. */
  show(counts: Pick<Counts, 'entries' | 'of'>): void {
    for (const [id, cell] of this.cells) cell.show(counts.of(id))
    for (const [id, count] of counts.entries()) if (!this.cells.has(id)) this.cellOf(id)?.show(count)
  }

  /** Shows those alone in whose name, id or character all words of the query occur. Returns how many. */
  filter(query: string): number {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean)
    let found = 0
    for (const { face, element } of this.cells.values()) {
      const text = `${face.name} ${face.id} ${face.char}`.toLowerCase()
      element.hidden = !words.every((word) => text.includes(word))
      if (!element.hidden) found++
    }
    if (this.entry?.hidden !== false) this.enterAt(this.shown()[0])
    return found
  }

  private cellOf(id: string): Cell | undefined {
    const cell = this.cells.get(id)
    if (cell !== undefined) return cell
    if (this.isFull) return undefined
    this.strangers++
    const stranger = new Cell(strangerOf(id))
    this.host.append(this.add(stranger))
    return stranger
  }

  private add(cell: Cell): HTMLElement {
    this.cells.set(cell.face.id, cell)
    return cell.element
  }

  private shown(): HTMLButtonElement[] {
    return [...this.cells.values()].map(({ element }) => element).filter(({ hidden }) => !hidden)
  }

  private open(target: EventTarget | null): void {
    const id = buttonOf(target)?.dataset['id']
    const cell = id === undefined ? undefined : this.cells.get(id)
    if (cell !== undefined) this.onOpen(cell)
  }

  /** From now on Tab leads there. */
  private enterAt(target: EventTarget | null | undefined): void {
    const button = buttonOf(target ?? null)
    if (button === null || button === this.entry) return
    if (this.entry !== null) this.entry.tabIndex = -1
    button.tabIndex = 0
    this.entry = button
  }

  private move(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || this.entry === null) return
    const shown = this.shown()
    const columns = getComputedStyle(this.host).gridTemplateColumns.split(' ').length
    const index = nextIndex(event.key, shown.indexOf(this.entry), shown.length, columns)
    if (index === null) return
    // The page would scroll as well.
    event.preventDefault()
    shown[index]?.focus()
  }
}

const buttonOf = (target: EventTarget | null): HTMLButtonElement | null => (target instanceof Element ? target.closest('button') : null)
