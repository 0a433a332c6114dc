/** The most that one frame draws: of what is in sight, and of what nobody sees. */
const IN_SIGHT = 64
const OUT_OF_SIGHT = 16

/** `now`: it can be seen, and may change in this frame; `later`: in one of the next; `unseen`: nobody sees it. */
export type When = 'now' | 'later' | 'unseen'

export interface Drawing<Item> {
  /** Draws an item as it is now. `nowMs`: when the frame began. */
  draw(item: Item, nowMs: number): void
  when(item: Item, nowMs: number): When
  /** As requestAnimationFrame, which waits while the page is hidden: the items do too. */
  schedule(onFrame: (nowMs: number) => void): unknown
}

/**
 * What has changed, and isn't drawn yet. Every frame of the browser draws some of it, what has waited longest first, and leaves the rest to the next:
 * however much comes, a frame has no more to lay out and to paint than that. An item is drawn once for all that has come meanwhile.
 */
export class DrawQueue<Item> {
  private readonly items = new Set<Item>()
  private isScheduled = false

  constructor(private readonly drawing: Drawing<Item>) {}

  add(item: Item): void {
    this.items.add(item)
    this.scheduleFrame()
  }

  private scheduleFrame(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    this.drawing.schedule((nowMs) => this.drawSome(nowMs))
  }

  private drawSome(nowMs: number): void {
    this.isScheduled = false
    const left = { now: IN_SIGHT, unseen: OUT_OF_SIGHT, later: 0 }
    for (const item of [...this.items]) {
      if (left[this.drawing.when(item, nowMs)]-- <= 0) continue
      this.items.delete(item)
      this.drawing.draw(item, nowMs)
    }
    if (this.items.size > 0) this.scheduleFrame()
  }
}
