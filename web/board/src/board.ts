import type { Totals } from '../../client/src/index.js'
import type { Bands } from './bands.js'
import { Cell } from './cell.js'
import type { When } from './draw-queue.js'
import { EMOJI, strangerOf } from './emoji.js'
import { Flashes } from './flashes.js'
import { type GridBox, indexesInSight } from './grid.js'
import { nextIndex } from './roving.js'

/** The most cells of ids that are not in the list of emoji: every browser can show so many. */
const MAX_STRANGERS = 2000

/**
 * The cells, one for each emoji of the list and for each other id that has come. Tab moves the focus to one of them, and the arrow keys
 * move it from there to the others.
 */
export class Board {
  private readonly cells = new Map<string, Cell>()
  private readonly flashes = new Flashes<Cell>(
    (cell, nowMs) => this.isTurnOf(cell, nowMs),
    (onFrame) => requestAnimationFrame(onFrame),
  )
  private readonly moving = matchMedia('(prefers-reduced-motion: no-preference)')
  private shown: Cell[] = []
  private words: readonly string[] = []
  private entry: Cell | null = null
  private box: GridBox = { columns: 1, stepY: 1 }
  private inSight: readonly [from: number, to: number] = [0, 0]

  constructor(
    private readonly host: HTMLElement,
    private readonly bands: Bands,
    private readonly onOpen: (cell: Cell) => void,
  ) {
    this.host.replaceChildren(...EMOJI.map((face) => this.add(new Cell(face)).element))
    this.arrange()
    this.host.addEventListener('click', ({ target }) => this.with(target, this.onOpen))
    this.host.addEventListener('focusin', ({ target }) => this.with(target, (cell) => this.enterAt(cell)))
    this.host.addEventListener('keydown', (event) => this.move(event))
    // The code reads the layout only after a change of it, never between two frames.
    new ResizeObserver(() => this.measure()).observe(this.host)
    addEventListener('scroll', () => this.look(), { passive: true })
    addEventListener('resize', () => this.look())
  }

  /** True if there are so many ids that some have no cell. */
  get isFull(): boolean {
    return this.cells.size >= EMOJI.length + MAX_STRANGERS
  }

  /** When the cell of an id may change: now if it does not exist yet. `nowMs`: the start of the frame. */
  when(id: string, nowMs: number): When {
    const cell = this.cells.get(id)
    if (cell === undefined) return this.isFull ? 'unseen' : 'now'
    if (!this.isSeen(cell)) return 'unseen'
    return this.isTurnOf(cell, nowMs) ? 'now' : 'later'
  }

  /** Shows a count. A rise in sight flashes, unless the user prefers reduced motion. `nowMs`: the start of the frame. */
  rise(id: string, count: number, nowMs: number): void {
    const cell = this.cellOf(id)
    if (cell === undefined) return
    cell.show(count)
    if (this.moving.matches && this.isSeen(cell)) this.flashes.flash(cell, nowMs)
  }

  /** Shows all counts again, without a flash. */
  show(totals: Totals): void {
    for (const [id, cell] of this.cells) cell.show(totals.get(id))
    for (const [id, count] of totals.entries()) if (!this.cells.has(id)) this.cellOf(id)?.show(count)
  }

  /** The number of cells shown: all, or the results of a search. */
  get shownCount(): number {
    return this.shown.length
  }

  /** Shows only the cells whose name, id or character holds all words of the query. */
  filter(query: string): void {
    this.words = query.toLowerCase().split(/\s+/).filter(Boolean)
    for (const cell of this.cells.values()) cell.match(this.words)
    this.arrange()
  }

  private cellOf(id: string): Cell | undefined {
    const cell = this.cells.get(id)
    if (cell !== undefined || this.isFull) return cell
    const stranger = this.add(new Cell(strangerOf(id)))
    this.host.append(stranger.element)
    if (!stranger.element.hidden) stranger.place = this.shown.push(stranger) - 1
    return stranger
  }

  private add(cell: Cell): Cell {
    cell.match(this.words)
    this.cells.set(cell.face.id, cell)
    return cell
  }

  private arrange(): void {
    this.shown = [...this.cells.values()].filter(({ element }) => !element.hidden)
    for (const [place, cell] of this.shown.entries()) cell.place = place
    const [first] = this.shown
    if (first !== undefined && this.entry?.element.hidden !== false) this.enterAt(first)
  }

  private isSeen({ element, place }: Cell): boolean {
    const [from, to] = this.inSight
    return !element.hidden && place >= from && place < to
  }

  private isTurnOf({ place }: Cell, nowMs: number): boolean {
    const [from, to] = this.inSight
    return this.bands.isTurnOf((place - from) / (to - from), nowMs)
  }

  private measure(): void {
    const { gridTemplateColumns, rowGap } = getComputedStyle(this.host)
    const height = this.shown[0]?.element.offsetHeight ?? 0
    this.box = { columns: gridTemplateColumns.split(' ').length, stepY: height + Number.parseFloat(rowGap) }
    this.look()
  }

  private look(): void {
    this.bands.resize(innerWidth * devicePixelRatio, innerHeight * devicePixelRatio)
    this.inSight = indexesInSight(this.host.getBoundingClientRect().top, innerHeight, this.box)
  }

  private with(target: EventTarget | null, act: (cell: Cell) => void): void {
    const id = target instanceof Element ? target.closest('button')?.dataset['id'] : undefined
    const cell = id === undefined ? undefined : this.cells.get(id)
    if (cell !== undefined) act(cell)
  }

  /** Makes this cell the one that Tab reaches. */
  private enterAt(cell: Cell): void {
    if (this.entry !== null) this.entry.element.tabIndex = -1
    cell.element.tabIndex = 0
    this.entry = cell
  }

  private move(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || this.entry === null) return
    const index = nextIndex(event.key, this.entry.place, this.shown.length, this.box.columns)
    if (index === null) return
    // Without this the page would scroll too.
    event.preventDefault()
    this.shown[index]?.element.focus()
  }
}
