/** What this process has written to subscribers since it started. Only ever grows. */
export class Traffic {
  /** SSE messages, not comments; a write to a thousand subscribers counts a thousand times. */
  frames = 0
  /** Bytes handed to connections: framing, comments and response heads included, TLS and TCP not. */
  bytes = 0
  /** Frames that summed up more than one flush, for a subscriber that had been behind. */
  conflated = 0
}
