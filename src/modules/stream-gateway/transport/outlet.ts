/**
 * What became of a write. `sent`: the kernel has all of it. `queued`: a part waits in Node's queue, and the outlet is not drained.
 * `broken`: the connection is gone.
 */
export type WriteOutcome = 'sent' | 'queued' | 'broken'

/** What an outlet tells its owner, the subscriber. */
export interface OutletListener {
  /** The outcome of a `post` that was not simply sent. The outcome of a `write` is its return value. */
  onWritten(outcome: WriteOutcome): void
  /** All that was queued has gone to the kernel. Never called after the connection broke or was destroyed. */
  onDrained(): void
  /** `client`: the client left or half-closed its connection. `error`: the client sent bytes, or its socket failed in another way. */
  onClosed(reason: 'client' | 'error'): void
}

/** The connection of one subscriber. */
export interface Outlet {
  /** Assigned once, by the owner, before the first write. */
  listener: OutletListener
  /** Bytes that wait in this process because the kernel does not take them: at most the rest of one write. */
  readonly queuedBytes: number
  /** True where Node's ServerResponse writes the head and the chunk framing: the owner then writes the body alone. */
  readonly isFramedByNode: boolean
  /** Writes at once. */
  write(bytes: Buffer): WriteOutcome
  /** Writes together with the posts to other outlets, by the next commit at the latest. */
  post(bytes: Buffer): void
  /** Ends the connection in an orderly way after these last bytes. */
  end(bytes: Buffer): void
  /** Ends the connection at once. Queued bytes are lost. */
  destroy(): void
}

/** What ends a run of posts. */
export interface Commit {
  /** All posts have been written when this returns. */
  commit(): void
}
