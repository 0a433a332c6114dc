/**
 * What became of a write. `sent`: the kernel has all of it. `queued`: a part waits in this process, and the outlet is not drained.
 * `broken`: the connection is gone.
 */
export type WriteOutcome = 'sent' | 'queued' | 'broken'

/** Who posts bytes to an outlet. */
export interface Poster {
  /** Told what became of a post that was not simply sent. */
  settle(outcome: WriteOutcome): void
}

/** The connection of one subscriber, as far as the core needs it; tests put their own in its place. */
export interface Outlet {
  /** Bytes that wait in this process because the kernel doesn't take them. */
  readonly queuedBytes: number
  /** Writes at once. */
  write(bytes: Buffer): WriteOutcome
  /** Writes together with what is posted to other outlets: now, or by the commit that ends each run of posts (`OutletFactory.commit`). */
  post(bytes: Buffer, poster: Poster): void
  /** Calls back once when all that is queued now has gone to the kernel; never when the connection breaks before. */
  whenDrained(callback: () => void): void
  /** Ends the connection in an orderly way after these last bytes. */
  end(bytes: Buffer): void
  /** Ends the connection at once. Queued bytes are lost. */
  destroy(): void
}
