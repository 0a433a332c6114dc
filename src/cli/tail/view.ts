/** What shows a stream. */
export interface View {
  event(name: string, data: string): void
  /** The stream is open, or lost; the text says so. */
  changed(state: string): void
  /** Ends it in order, on request. */
  close(): void
}
