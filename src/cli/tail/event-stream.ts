import { firstLine } from '../../common/platform/errors.js'
import { backoffMs } from '../../common/platform/timers.js'
import { SseReader } from './sse-reader.js'

/** The callbacks of an event stream. */
export interface StreamHandlers {
  onEvent(name: string, data: string): void
  /** The stream is open. `isResumed`: the request named the last event, so that the server continues after it or sends a `reset`. */
  onOpen(isResumed: boolean): void
  /** The stream was lost or not opened; another attempt follows. `status` is that of an HTTP error, null if the connection failed. */
  onLost(reason: string, status: number | null): void
}

/** The delay after a stream that asked for none, as EventSource has it. */
const RETRY_MS = 3000
/** The delays after answers that are no stream. */
const REFUSAL_DELAYS = { firstMs: 1000, maxMs: 30_000 }

/** An event stream that is opened again after every end, and resumes after the last event where the server supports that. */
export class EventStream {
  private readonly abort = new AbortController()
  private lastEventId = ''
  private retryMs = RETRY_MS
  private refusals = 0
  private timer: NodeJS.Timeout | undefined

  /** Opens the stream, with these headers in addition to its own; `random` returns numbers in [0, 1). */
  constructor(
    private readonly url: URL,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly handlers: StreamHandlers,
    private readonly random: () => number,
  ) {
    void this.run()
  }

  close(): void {
    clearTimeout(this.timer)
    this.abort.abort()
  }

  private async run(): Promise<void> {
    let delayMs = this.retryMs
    let reason = 'the stream ended'
    let status: number | null = null
    try {
      status = await this.read()
      if (status !== null) {
        delayMs = backoffMs(REFUSAL_DELAYS, ++this.refusals, this.random())
        reason = status === 200 ? 'the answer is no event stream' : `Non-200 status code (${status})`
      } else delayMs = this.retryMs
    } catch (error) {
      reason = causeOf(error)
      delayMs = this.retryMs
    }
    if (this.abort.signal.aborted) return
    this.timer = setTimeout(() => void this.run(), delayMs)
    this.handlers.onLost(reason, status)
  }

  /** Reads one connection to its end. Returns the status of an answer that is no stream, else null. */
  private async read(): Promise<number | null> {
    const { signal } = this.abort
    const isResumed = this.lastEventId !== ''
    const headers = { accept: 'text/event-stream', ...this.headers, ...(isResumed && { 'last-event-id': this.lastEventId }) }
    const { status, headers: answered, body } = await fetch(this.url, { headers, signal })
    if (status !== 200 || body === null || !answered.get('content-type')?.startsWith('text/event-stream')) {
      // The body of such an answer may have no end.
      await body?.cancel()
      return status
    }
    this.refusals = 0
    this.handlers.onOpen(isResumed)
    await this.follow(body)
    return null
  }

  private async follow(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    const reader = new SseReader(this.lastEventId)
    for await (const bytes of body) {
      const events = reader.read(decoder.decode(bytes, { stream: true }))
      // The events of this piece are shown in the same turn, so the id is that of the last one that was shown.
      this.lastEventId = reader.lastEventId
      this.retryMs = reader.retryMs ?? this.retryMs
      for (const { name, data } of events) this.handlers.onEvent(name, data)
    }
  }
}

/** fetch hides the error of the connection behind one of its own. */
const causeOf = (error: unknown): string => firstLine(error instanceof Error && error.cause !== undefined ? error.cause : error)
