/** Collects what comes in during one turn of the event loop, and hands it over at the turn's end. */
export class TurnBatch<T> {
  private items: T[] = []

  constructor(private readonly onTurnEnd: (items: readonly T[]) => void) {}

  add(item: T): void {
    if (this.items.push(item) === 1) setImmediate(() => this.end())
  }

  private end(): void {
    const { items } = this
    this.items = []
    this.onTurnEnd(items)
  }
}
