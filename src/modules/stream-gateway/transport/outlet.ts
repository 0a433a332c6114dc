/** `sent`: the kernel has all of it. `queued`: a part waits in Node's queue. `broken`: the connection is gone. */
export type WriteOutcome = 'sent' | 'queued' | 'broken'

/** The events of an outlet, for its owner, the subscriber. */
export interface OutletListener {
  /**
   * The outcome, 'queued' or 'broken', of a `post` that the commit could not complete. For `write` the outcome is the return value, and
   * this is not called.
   */
  onWritten(outcome: WriteOutcome): void
  /** All that was queued has gone to the kernel. Not called after the connection broke or was destroyed. */
  onDrained(): void
  /**
   * The client left, half-closed, or its connection failed as by ECONNRESET, EPIPE or ETIMEDOUT: 'client'. Another socket error, or bytes
   * other than CR LF from the client: 'error'. Called once at most, and not after the owner has ended or destroyed the outlet.
   */
  onClosed(reason: 'client' | 'error'): void
}

/**
 * The connection of one stream, for as long as it is open. An outlet is drained until a write or a post is 'queued', and again from
 * `onDrained` on. Its owner writes nothing in between: so no more than the rest of one write waits in Node, and to destroy a stalled
 * connection costs nothing per message.
 */
export interface Outlet {
  /** Assigned once by the owner, before the first write. */
  listener: OutletListener
  /** Bytes that wait in this process because the kernel doesn't take them. */
  readonly queuedBytes: number
  /** True where a client for which bytes wait has answered nothing for ACK_TIMEOUT_MS: it has vanished. Costs a system call. */
  readonly isSilent: boolean
  /**
   * True for the fall-back, in which Node's ServerResponse writes the head and the chunk framing: the owner then writes bodies without
   * head and chunks.
   */
  readonly isFramedByNode: boolean
  /**
   * Writes at once.
   * @throws AppError ERR_OUTLET_NOT_DRAINED
   */
  write(bytes: Buffer): WriteOutcome
  /**
   * Writes with the next `TransportService.commit()`, together with the posts to other outlets; may write at once.
   * @throws AppError ERR_OUTLET_NOT_DRAINED
   */
  post(bytes: Buffer): void
  /** Ends the connection in an orderly way after these last bytes (may be empty). One whose client doesn't read is destroyed. */
  end(bytes: Buffer): void
  /** Ends the connection at once; queued bytes are lost. */
  destroy(): void
}

/** The headers of a stream by name, as the framework has collected them. */
export type StreamHeaders = Readonly<Record<string, number | string | string[] | undefined>>
