import { Agent, request } from 'undici'
import type { SseMessage } from '../wire/sse-parser.js'
import type { StreamEnd } from '../wire/stream-end.js'
import { StreamRecord } from '../wire/stream-record.js'
import type { ScoreClient } from './score-client.js'

/** The request of an {@link UndiciClient}, and how much it keeps. */
export interface UndiciClientOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Keeps at most so many bytes of the body, so that `messages` can be read (none by default). */
  readonly keepBytes?: number
}

/** One streaming request of undici over a connection of its own; it never reconnects. */
export class UndiciClient implements ScoreClient {
  readonly opened: Promise<void>
  /** Settles when the stream ends, with the reason if it did not end as HTTP asks. */
  readonly ended: Promise<StreamEnd>
  /** The status of the answer, once there is one. */
  status: number | undefined
  readonly #record: StreamRecord
  // No time limits: a quiet stream is a good stream.
  readonly #agent = new Agent({ bodyTimeout: 0, headersTimeout: 0 })
  readonly #abort = new AbortController()
  #open: () => void = () => undefined
  #refuse: (error: unknown) => void = () => undefined

  constructor(url: string, { headers = {}, keepBytes = 0 }: UndiciClientOptions = {}) {
    const { pathname, search } = new URL(url)
    this.#record = new StreamRecord({ path: pathname + search, keepBytes })
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve
      this.#refuse = reject
    })
    // A test that never waits for this promise must not fail by its rejection.
    this.opened.catch(() => undefined)
    this.ended = this.#read(url, { accept: 'text/event-stream', ...headers }).then(
      () => ({ clean: true }),
      (error: unknown) => ({ clean: false, error: error instanceof Error ? error.message : String(error) }),
    )
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#record.counts
  }

  get frames(): number {
    return this.#record.frames
  }

  /** The messages that a browser would dispatch so far. */
  messages(): SseMessage[] {
    return this.#record.messages
  }

  close(): void {
    this.#abort.abort()
  }

  async #read(url: string, headers: Record<string, string>): Promise<void> {
    try {
      const { statusCode, body } = await request(url, { headers, dispatcher: this.#agent, signal: this.#abort.signal })
      this.status = statusCode
      for await (const bytes of body) {
        if (!Buffer.isBuffer(bytes)) throw new Error('a body that is not made of buffers')
        this.#record.push(bytes)
        if (statusCode === 200) this.#open()
      }
      this.#refuse(new Error(`${url}: ended before it was open, with status ${statusCode}`))
    } catch (error) {
      this.#refuse(error)
      throw error
    } finally {
      await this.#agent.destroy()
    }
  }
}
