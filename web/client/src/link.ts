import type { Connection, ConnectionListener } from './connection-state.js'
import { delayMs } from './delay.js'
import { Stream, type StreamEnd } from './stream.js'

/** A connection to the server that comes back by itself. */
export class Link implements Connection {
  private wanted: readonly string[] = []
  private stream: Stream | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private hasBeenOpen = false

  /** @param base of the server's paths, with a slash at the end */
  constructor(
    private readonly base: string,
    private readonly silenceMs: number,
    private readonly listener: ConnectionListener,
  ) {
    globalThis.addEventListener?.('online', this.retry)
  }

  want(namespaces: readonly string[]): void {
    this.wanted = namespaces
    this.open()
  }

  close(): void {
    globalThis.removeEventListener?.('online', this.retry)
    clearTimeout(this.timer)
    this.stream?.close()
  }

  private readonly retry = () => {
    if (this.stream === null) this.open()
  }

  private open(): void {
    clearTimeout(this.timer)
    this.stream?.close()
    this.stream = null
    const namespaces = this.wanted
    this.listener.onState({ name: 'connecting' })
    if (namespaces.length === 0) return
    const query = namespaces.map((namespace) => `stream=${encodeURIComponent(namespace)}`).join('&')
    this.stream = new Stream(
      `${this.base}subscribe?${query}`,
      {
        onOpen: () => {
          this.failures = 0
          this.listener.onState({ name: 'open', namespaces })
          if (this.hasBeenOpen) this.listener.onGap(namespaces)
          this.hasBeenOpen = true
        },
        onFrame: (event, data) => this.listener.onFrame(event, data),
        onEnd: (end) => this.wait(end),
      },
      this.silenceMs,
    )
  }

  private wait({ retryMs, status }: StreamEnd): void {
    this.stream = null
    const ms = retryMs ?? delayMs(++this.failures, Math.random())
    this.timer = setTimeout(this.retry, ms)
    this.listener.onState({ name: 'waiting', delayMs: ms, ...(status !== undefined && { status }) })
  }
}
