/** Calls back once at the end of a turn of the event loop in which it was scheduled, however often. */
export class TurnEnd {
  private isScheduled = false

  constructor(private readonly onEnd: () => void) {}

  schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.onEnd()
    })
  }
}
