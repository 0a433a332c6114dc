import { ErrorEvent, EventSource, type EventSourceInit } from 'eventsource'
import { backoffMs } from '../../common/platform/timers.js'

/** What becomes of a stream. */
export interface StreamHandlers {
  onEvent(name: string, data: string): void
  /** It is open; not called again before `onLost`. */
  onOpen(): void
  /** It isn't, or no longer, and is tried again. `status` is that of a refusal, null where the connection failed. */
  onLost(reason: string, status: number | null): void
}

const BACK_OFF = { firstMs: 1000, maxMs: 30_000 }

/** An event stream that is opened again after everything: EventSource does that by itself but for refusals, where it gives up. */
export class EventStream {
  private source: EventSource
  private refusals = 0
  private timer: NodeJS.Timeout | undefined

  /** Opens it, with these headers beside EventSource's own; `chance` gives numbers in [0, 1). */
  constructor(
    private readonly url: URL,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly handlers: StreamHandlers,
    private readonly chance: () => number,
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
      this.refusals = 0
      this.handlers.onOpen()
    }
  }

  private lose({ message, code }: ErrorEvent): void {
    const isRefused = this.source.readyState === EventSource.CLOSED
    if (isRefused) {
      this.timer = setTimeout(
        () => {
          this.source = this.connect()
        },
        backoffMs(BACK_OFF, ++this.refusals, this.chance()),
      )
    }
    this.handlers.onLost(message?.replace(/^TypeError: /, '') ?? 'the stream ended', isRefused ? (code ?? null) : null)
  }
}

/** Listens to events of all names: the API asks for each name, and those of a namespace aren't known. */
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
