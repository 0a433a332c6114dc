/** The most items that one frame draws, in sight and out of sight. */
const IN_SIGHT = 64
const OUT_OF_SIGHT = 16

/** `now`: the item is in sight and may change in this frame. `later`: it may change in one of the next. `unseen`: it is out of sight. */
export type When = 'now' | 'later' | 'unseen'

export interface Drawing<Item> {
  /** Draws an item in its present state. `nowMs`: the start of the frame. */
  draw(item: Item, nowMs: number): void
  when(item: Item, nowMs: number): When
  /** As requestAnimationFrame, which does not run while the page is hidden, so the items wait too. */
  schedule(onFrame: (nowMs: number) => void): unknown
}

/**
 * The items that have changed and are not drawn yet. Every frame of the browser draws some of them, those that have waited longest first,
 * and leaves the rest to the next: the work of a frame is bounded, whatever the rate of changes. Several changes of an item are drawn once.
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
