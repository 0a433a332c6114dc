import { EventSource, type EventSourceInit } from 'eventsource'
import { addScores } from '../redis/score-counts.js'
import type { ScoreClient } from './score-client.js'

/** The npm package `eventsource`, which behaves as a browser does: it reconnects after a broken connection, and never after a refusal. */
export class EventSourceClient implements ScoreClient {
  readonly opened: Promise<void>
  readonly counts = new Map<string, number>()
  frames = 0
  /** How often the stream has been opened, reconnections included. */
  opens = 0
  /** The errors so far: lost connections, refusals and malformed frames. */
  readonly errors: string[] = []
  readonly #source: EventSource

  constructor(url: string, init?: EventSourceInit) {
    this.#source = new EventSource(url, init)
    this.opened = new Promise((resolve, reject) => {
      this.#source.addEventListener('open', () => {
        this.opens++
        resolve()
      })
      this.#source.addEventListener('error', (event) => {
        this.errors.push(`${event.code ?? ''} ${event.message ?? 'connection lost'}`.trim())
        if (this.#source.readyState === EventSource.CLOSED) reject(new Error(`${url}: ${this.errors.at(-1)}`))
      })
    })
    // A test that never waits for this promise must not fail by its rejection.
    this.opened.catch(() => undefined)
    this.#source.addEventListener('message', (event) => this.#take(event.data))
    this.#source.addEventListener('eps', (event) => this.#take(event.data))
  }

  /** True when the client has given up for good. */
  get dead(): boolean {
    return this.#source.readyState === EventSource.CLOSED
  }

  /** True while its stream is open. */
  get isOpen(): boolean {
    return this.#source.readyState === EventSource.OPEN
  }

  close(): void {
    this.#source.close()
  }

  #take(data: unknown): void {
    this.frames++
    try {
      addScores(this.counts, String(data))
    } catch (error) {
      this.errors.push(String(error))
    }
  }
}
