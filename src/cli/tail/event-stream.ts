import { ErrorEvent, EventSource, type EventSourceInit } from 'eventsource'
import { backoffMs } from '../../common/platform/timers.js'

/** The callbacks of an event stream. */
export interface StreamHandlers {
  onEvent(name: string, data: string): void
  /** The stream is open. Not called again before `onLost`. */
  onOpen(): void
  /** The stream was lost or not opened; another attempt follows. `status` is that of an HTTP error, null if the connection failed. */
  onLost(reason: string, status: number | null): void
}

const RETRY_DELAYS = { firstMs: 1000, maxMs: 30_000 }

/** An event stream that is reopened after every failure. EventSource does that by itself except after HTTP errors. */
export class EventStream {
  private source: EventSource
  private httpErrors = 0
  private timer: NodeJS.Timeout | undefined

  /** Opens the stream, with these headers in addition to EventSource's own; `random` returns numbers in [0, 1). */
  constructor(
    private readonly url: URL,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly handlers: StreamHandlers,
    private readonly random: () => number,
  ) {
    this.source = this.connect()
  }

  close(): void {
    clearTimeout(this.timer)
    this.source.close()
  }

  private connect(): EventSource {
    const fetchWith: EventSourceInit['fetch'] = (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...this.headers } })
    return new ListeningEventSource(this.url, { fetch: fetchWith }, (event) => this.take(event))
  }

  private take(event: Event): void {
    if (event instanceof MessageEvent) this.handlers.onEvent(event.type, String(event.data))
    else if (event instanceof ErrorEvent) this.lose(event)
    else {
      this.httpErrors = 0
      this.handlers.onOpen()
    }
  }

  private lose({ message, code }: ErrorEvent): void {
    const isHttpError = this.source.readyState === EventSource.CLOSED
    if (isHttpError) {
      this.timer = setTimeout(
        () => {
          this.source = this.connect()
        },
        backoffMs(RETRY_DELAYS, ++this.httpErrors, this.random()),
      )
    }
    this.handlers.onLost(message?.replace(/^TypeError: /, '') ?? 'the stream ended', isHttpError ? (code ?? null) : null)
  }
}

/** An EventSource that listens to events of all names: its API needs each name, and the names of a namespace are not known. */
class ListeningEventSource extends EventSource {
  constructor(
    url: URL,
    init: EventSourceInit,
    private readonly listener: (event: Event) => void,
  ) {
    super(url, init)
  }

  override dispatchEvent(event: Event): boolean {
    this.listener(event)
    return super.dispatchEvent(event)
  }
}
