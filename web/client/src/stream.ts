import { sseParser } from './sse-parser.js'

/** How a stream ended. */
export interface StreamEnd {
  /** What it said last about how long to wait, by `retry:` or Retry-After, milliseconds. */
  readonly retryMs?: number | undefined
  /** The HTTP status, where the answer was no stream. */
  readonly status?: number
  /** The namespaces that the server has refused, where it said so: those alone are at fault. */
  readonly refused?: readonly string[]
}

export interface StreamListener {
  /** The first comment or message has come. A stream that the server refuses ends before that. */
  onOpen(): void
  onFrame(event: string, data: string): void
  /** It is over. Not called after `close`. */
  onEnd(end: StreamEnd): void
}

/**
 * One event stream over fetch. Unlike EventSource it tells messages whose event name nobody has announced, and sees the status and the silence.
 */
export class Stream {
  readonly #url: string
  readonly #listener: StreamListener
  readonly #abort = new AbortController()
  readonly #watch: ReturnType<typeof setInterval>
  #heardAtMs = performance.now()
  #isOpen = false
  #isClosed = false
  #end: StreamEnd = {}

  /** @param silenceMs a stream from which no byte comes for so long is over */
  constructor(url: string, listener: StreamListener, silenceMs: number) {
    this.#url = url
    this.#listener = listener
    this.#watch = setInterval(() => {
      if (performance.now() - this.#heardAtMs > silenceMs) this.#abort.abort()
    }, silenceMs / 4)
    void this.#run()
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#watch)
    this.#abort.abort()
  }

  async #run(): Promise<void> {
    // Refused, reset, offline or silent: whatever it was, it is over.
    await this.#read().catch(() => undefined)
    if (this.#isClosed) return
    this.close()
    this.#listener.onEnd(this.#end)
  }

  async #read(): Promise<void> {
    // By this header the server knows who reads `retry:`. It needs no preflight.
    const answer = await fetch(this.#url, { headers: { accept: 'text/event-stream' }, cache: 'no-store', signal: this.#abort.signal })
    const { status, headers, body } = answer
    if (status !== 200 || !headers.get('content-type')?.startsWith('text/event-stream') || body === null) {
      // A date, or nothing, is no time to wait.
      this.#end = { status, retryMs: Number(headers.get('retry-after')) * 1000 || undefined }
      // Of other answers the body may never end.
      const { refused } = status === 400 ? await answer.json() : this.#end
      if (Array.isArray(refused)) this.#end = { ...this.#end, refused }
      return
    }
    const parse = this.#parser()
    const decoder = new TextDecoder()
    const reader = body.getReader()
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      this.#heardAtMs = performance.now()
      parse(decoder.decode(piece.value, { stream: true }))
    }
  }

  #parser() {
    const open = () => {
      if (this.#isOpen || this.#isClosed) return
      this.#isOpen = true
      this.#listener.onOpen()
    }
    return sseParser({
      onComment: open,
      onMessage: (event, data) => {
        open()
        if (!this.#isClosed) this.#listener.onFrame(event, data)
      },
      onRetry: (retryMs) => {
        this.#end = { retryMs }
      },
    })
  }
}
