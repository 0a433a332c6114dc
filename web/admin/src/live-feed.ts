import { type Reading, readingOf } from './reading.js'

/** `late`: the connection is open, but no figures have come for a while. `lost`: the connection is not open, and the feed tries again. */
export type FeedState = 'connecting' | 'live' | 'late' | 'lost'

export interface FeedListener {
  readonly onReading: (reading: Reading) => void
  readonly onState: (state: FeedState) => void
}

const CHECK_MS = 1000
const LATE_MS = 3500
const DEAD_MS = 10_000
const RETRY_MS = 3000

/** The figures of one node, once a second. Its event source is opened again after any end, a refusal and silence included. */
export class LiveFeed {
  private source: EventSource | null = null
  private heardAtMs = 0
  private openAtMs = 0

  constructor(
    private readonly url: string,
    private readonly listener: FeedListener,
  ) {}

  start(): void {
    this.open()
    setInterval(() => this.check(performance.now()), CHECK_MS)
  }

  private open(): void {
    this.source?.close()
    const source = new EventSource(this.url)
    this.source = source
    this.heardAtMs = performance.now()
    // A reconnect can come long after the last message, and is no reason to open another source.
    source.onopen = () => {
      this.heardAtMs = performance.now()
    }
    source.onmessage = ({ data }) => this.take(String(data))
    source.onerror = () => {
      this.listener.onState('lost')
      // An event source retries by itself after a broken connection, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) this.openAtMs = performance.now() + RETRY_MS * (0.5 + Math.random())
    }
  }

  private take(json: string): void {
    this.heardAtMs = performance.now()
    const reading = readingOf(json)
    if (reading === null) return
    this.listener.onState('live')
    this.listener.onReading(reading)
  }

  private check(nowMs: number): void {
    const { readyState } = this.source ?? {}
    if (readyState === EventSource.CLOSED && nowMs >= this.openAtMs) this.open()
    if (readyState !== EventSource.OPEN) return
    if (nowMs - this.heardAtMs > DEAD_MS) this.open()
    else if (nowMs - this.heardAtMs > LATE_MS) this.listener.onState('late')
  }
}
