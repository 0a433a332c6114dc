import { sseParser } from './sse-parser.js'

/** How a stream ended. */
export interface StreamEnd {
  /** What it said last about how long to wait, by `retry:` or Retry-After, milliseconds. */
  readonly retryMs?: number
  /** The HTTP status, where the answer was no stream. */
  readonly status?: number
}

export interface StreamListener {
  /** The first comment or message has come. A stream that the server refuses ends before that. */
  onOpen(): void
  onFrame(event: string, data: string): void
  /** It is over; nothing follows. Not called after `close`. */
  onEnd(end: StreamEnd): void
}

/**
 * One event stream over fetch: unlike EventSource it tells event names that nobody has announced, survives any status, and notices silence.
 */
export class Stream {
  isOpen = false
  private readonly abort = new AbortController()
  private readonly watch: ReturnType<typeof setInterval>
  private heardAtMs = performance.now()
  private end: StreamEnd = {}

  /** @param silenceMs a stream from which no byte comes for so long is over */
  constructor(
    url: string,
    private readonly listener: StreamListener,
    silenceMs: number,
  ) {
    this.watch = setInterval(() => {
      if (performance.now() - this.heardAtMs > silenceMs) this.abort.abort()
    }, silenceMs / 4)
    void this.run(url)
  }

  close(): void {
    clearInterval(this.watch)
    this.isOver = true
    this.abort.abort()
  }

  private isOver = false

  private async run(url: string): Promise<void> {
    try {
      await this.read(url)
    } catch {
      // Refused, reset, offline, silent: whatever it was, it is over.
    }
    if (this.isOver) return
    this.close()
    this.listener.onEnd(this.end)
  }

  private async read(url: string): Promise<void> {
    // The server tells an EventSource when to come back, and knows one by this header.
    const answer = await fetch(url, { headers: { accept: 'text/event-stream' }, cache: 'no-store', signal: this.abort.signal })
    if (answer.status !== 200 || !answer.headers.get('content-type')?.startsWith('text/event-stream') || answer.body === null) {
      const seconds = Number(answer.headers.get('retry-after'))
      this.end = { status: answer.status, ...(seconds > 0 && { retryMs: seconds * 1000 }) }
      return
    }
    const decoder = new TextDecoder()
    const parse = this.parser()
    const reader = answer.body.getReader()
    for (let piece = await reader.read(); !piece.done && !this.isOver; piece = await reader.read()) {
      this.heardAtMs = performance.now()
      parse(decoder.decode(piece.value, { stream: true }))
    }
  }

  private parser() {
    const open = () => {
      if (this.isOpen || this.isOver) return
      this.isOpen = true
      this.listener.onOpen()
    }
    return sseParser({
      onMessage: (event, data) => {
        open()
        if (!this.isOver) this.listener.onFrame(event, data)
      },
      onComment: open,
      onRetry: (retryMs) => {
        this.end = { retryMs }
      },
    })
  }
}
