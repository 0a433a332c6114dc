/** How many reports a watcher may miss in a row before it is cut. */
export const MAX_MISSED = 30

/** An open response, as far as this needs it. */
interface Response {
  readonly writableLength: number
  write(bytes: Uint8Array): boolean
  end(): unknown
  destroy(): unknown
  on(event: 'close' | 'error', listener: () => void): unknown
}

/**
 * Those who watch this node live. Each wants the newest report alone: one whose last report still waits gets none, so that at most one report waits
 * for each, and is cut when that goes on.
 */
export class Watchers {
  /** Each with how many reports it has missed in a row. */
  private readonly missed = new Map<Response, number>()

  constructor(
    /** How many there may be. */
    private readonly capacity: number,
    private readonly onEmpty: () => void,
  ) {}

  get size(): number {
    return this.missed.size
  }

  get isFull(): boolean {
    return this.missed.size >= this.capacity
  }

  add(response: Response): void {
    this.missed.set(response, 0)
    response.on('close', () => this.remove(response))
    // Who goes away in the middle of a write has gone.
    response.on('error', () => this.remove(response))
  }

  send(bytes: Uint8Array): void {
    for (const [response, missed] of this.missed) {
      if (response.writableLength === 0) {
        this.missed.set(response, 0)
        response.write(bytes)
      } else if (missed < MAX_MISSED) this.missed.set(response, missed + 1)
      else response.destroy()
    }
  }

  /** Ends all, in an orderly way. */
  end(): void {
    for (const response of this.missed.keys()) response.end()
  }

  private remove(response: Response): void {
    if (this.missed.delete(response) && this.missed.size === 0) this.onEmpty()
  }
}
