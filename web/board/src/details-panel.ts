import { byId, setText } from '../../shared/dom.js'
import { formatWhole } from '../../shared/format.js'
import type { Face } from './emoji.js'
import { postOf } from './post.js'
import { postItem } from './post-item.js'

const MAX_POSTS = 20
/** The least time between two changes of the list: a reader cannot follow more. */
const SHOW_APART_MS = 500

/** Subscribes to a namespace, and returns a function that ends the subscription. */
export type Subscribe = (namespace: string, listener: (data: string) => void) => () => void

/** The latest posts with one emoji, in a dialog. */
export class DetailsPanel {
  private readonly dialog = byId('details', HTMLDialogElement)
  private readonly char = byId('details-char', HTMLElement)
  private readonly name = byId('details-name', HTMLElement)
  private readonly count = byId('details-count', HTMLElement)
  private readonly id = byId('details-id', HTMLElement)
  private readonly lost = byId('details-lost', HTMLElement)
  private readonly empty = byId('details-empty', HTMLElement)
  private readonly posts = byId('details-posts', HTMLOListElement)
  private readonly pause = byId('details-pause', HTMLButtonElement)
  /** Data that wait to be shown, the newest last; at most MAX_POSTS. */
  private waiting: string[] = []
  private timer: ReturnType<typeof setTimeout> | undefined
  private unsubscribe = () => {}

  constructor(private readonly subscribe: Subscribe) {
    byId('details-close', HTMLButtonElement).addEventListener('click', () => this.dialog.close())
    // A click whose target is the dialog itself is a click outside its content.
    this.dialog.addEventListener('click', ({ target }) => target === this.dialog && this.dialog.close())
    this.dialog.addEventListener('close', () => this.end())
    this.pause.addEventListener('click', () => this.setPaused(!this.isPaused))
  }

  /** The id whose posts are shown; null while the dialog is closed. */
  get shownId(): string | null {
    return this.dialog.open ? this.id.textContent : null
  }

  open({ id, char, name }: Face): void {
    setText(this.char, char)
    setText(this.name, name)
    setText(this.id, id)
    this.posts.replaceChildren()
    this.empty.hidden = false
    this.setPaused(false)
    this.dialog.showModal()
    this.unsubscribe = this.subscribe(`details/${id}`, (data) => this.take(data))
  }

  showCount(count: number): void {
    setText(this.count, formatWhole(count))
  }

  /** On a small screen the panel covers the state in the header. */
  showLost(isLost: boolean): void {
    this.lost.hidden = !isLost
  }

  private get isPaused(): boolean {
    return this.pause.getAttribute('aria-pressed') === 'true'
  }

  private setPaused(isPaused: boolean): void {
    this.pause.setAttribute('aria-pressed', String(isPaused))
    if (!isPaused) this.showSoon(0)
  }

  private take(data: string): void {
    this.waiting.push(data)
    if (this.waiting.length > MAX_POSTS) this.waiting.shift()
    this.showSoon(0)
  }

  private showSoon(ms: number): void {
    this.timer ??= setTimeout(() => this.show(), ms)
  }

  /** Shows the posts that wait, and then no others for SHOW_APART_MS. */
  private show(): void {
    this.timer = undefined
    if (this.isPaused || this.waiting.length === 0) return
    this.posts.prepend(
      ...this.waiting
        .splice(0)
        .reverse()
        .map((data) => postItem(postOf(data))),
    )
    while (this.posts.children.length > MAX_POSTS) this.posts.lastElementChild?.remove()
    this.empty.hidden = true
    this.showSoon(SHOW_APART_MS)
  }

  private end(): void {
    this.unsubscribe()
    clearTimeout(this.timer)
    this.timer = undefined
    this.waiting = []
    this.posts.replaceChildren()
  }
}
