/** The way to Carbon. Nothing of it throws, and nobody waits for it: a peer that is away, hangs or closes costs reports, which are counted. */
export interface CarbonClient {
  /** Reports given up because the queue was full. */
  readonly dropped: number
  /** Takes a report of whole lines; it goes out as soon as the peer takes it. */
  send(report: string): void
  /** The node stops soon: what stands is used on, nothing is connected or looked up any more. A look-up that hangs would keep the process from ending. */
  settle(): void
  /** Ends it, with what still gets through within `boundMs`. */
  close(boundMs: number): Promise<void>
}
