/**
 * What became of a write. `sent`: the kernel has all of it. `queued`: a part waits in this process, and the outlet is not drained.
 * `broken`: the connection is gone.
 */
export type WriteOutcome = 'sent' | 'queued' | 'broken'

/** The connection of one subscriber, as far as the core needs it; tests put their own in its place. */
export interface Outlet {
  /** Bytes that wait in this process because the kernel doesn't take them. */
  readonly queuedBytes: number
  write(bytes: Buffer): WriteOutcome
  /** Calls back once when all that is queued now has gone to the kernel; never when the connection breaks before. */
  whenDrained(callback: () => void): void
  /** Ends the connection in an orderly way after these last bytes. */
  end(bytes: Buffer): void
  /** Ends the connection at once. Queued bytes are lost. */
  destroy(): void
}
