/** The face that every client of a stream of scores has, whatever its library. */
export interface ScoreClient {
  /** Settles when the stream is open: its first bytes have come. */
  readonly opened: Promise<void>
  /** The sum of all increments so far, by id. */
  readonly counts: ReadonlyMap<string, number>
  /** The messages so far; comments are none. */
  readonly frames: number
  close(): void
}
