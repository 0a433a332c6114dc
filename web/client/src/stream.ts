import { sseParser } from './sse-parser.js'

/** How a stream ended. */
export interface StreamEnd {
  /** The delay that the stream asked for last, by `retry:` or Retry-After, milliseconds. */
  readonly retryMs?: number | undefined
  /** The HTTP status, if the answer was no stream. */
  readonly status?: number
  /** The namespaces that the server has refused, if it named them: only these are at fault. */
  readonly refused?: readonly string[]
}

export interface StreamListener {
  /** The first comment or message has come. A stream that the server refuses ends before that. */
  onOpen(): void
  onFrame(event: string, data: string): void
  /** The stream has ended. Not called after `close`. */
  onEnd(end: StreamEnd): void
}

/**
 * One event stream over fetch. Unlike EventSource it passes on messages with any event name, knows the status, and notices silence.
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

  /** @param silenceMs a stream without a byte for this time ends */
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
    // A refusal, a reset, a lost network and silence all end the stream in the same way.
    await this.#read().catch(() => undefined)
    if (this.#isClosed) return
    this.close()
    this.#listener.onEnd(this.#end)
  }

  async #read(): Promise<void> {
    // This header tells the server that the client reads `retry:`. It needs no preflight.
    const answer = await fetch(this.#url, { headers: { accept: 'text/event-stream' }, cache: 'no-store', signal: this.#abort.signal })
    const { status, headers, body } = answer
    if (status !== 200 || !headers.get('content-type')?.startsWith('text/event-stream') || body === null) {
      // A date in Retry-After, or no such header, gives no delay.
      this.#end = { status, retryMs: Number(headers.get('retry-after')) * 1000 || undefined }
      // The body of any other answer may have no end.
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
