import { Watch } from '../waiting/watch.js'
import type { ResponseHead } from '../wire/response-head.js'
import { ResponseParser } from '../wire/response-parser.js'
import type { SseBlock, SseMessage } from '../wire/sse-parser.js'
import type { StreamEnd } from '../wire/stream-end.js'
import { StreamRecord, type StreamRecordOptions } from '../wire/stream-record.js'
import type { ScoreClient } from './score-client.js'

const TAIL = 300

/** One HTTP/1 answer as it comes in, kept to the byte and checked strictly. */
export abstract class RawAnswer implements Omit<ScoreClient, 'close'> {
  /** Bytes received so far, head and framing included. */
  bytes = 0
  /** Settles when the answer ends, by its framing or with the connection, or breaks the protocol. */
  readonly ended: Promise<StreamEnd>
  readonly #record: StreamRecord
  readonly #response: ResponseParser
  readonly #keepBytes: number
  readonly #received: Buffer[] = []
  readonly #watch: Watch
  #settle: (end: StreamEnd) => void = () => undefined
  #end: StreamEnd | undefined
  #moreExpected = false
  #gone = false

  protected constructor(method: string, options: StreamRecordOptions) {
    this.#keepBytes = options.keepBytes
    this.#record = new StreamRecord(options)
    this.#response = new ResponseParser(method, (bytes) => this.#record.push(bytes))
    this.#watch = new Watch(
      () => this.#whyOver(),
      () => `${this.head?.status ?? 'no head'}, ${this.bytes} bytes, the last that were kept: ${JSON.stringify(this.body.slice(-TAIL))}`,
    )
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  /** The head, once it is whole. */
  get head(): ResponseHead | undefined {
    return this.#response.head
  }

  /** Everything received, as far as it is kept. */
  get received(): Buffer {
    return Buffer.concat(this.#received)
  }

  /** The body so far without its framing, as far as it is kept. */
  get bodyBytes(): Buffer {
    return this.#record.body
  }

  /** The body so far as text. */
  get body(): string {
    return this.bodyBytes.toString('utf8')
  }

  /** Whole chunks of a chunked body so far; undefined with any other framing. */
  get chunks(): number | undefined {
    return this.#response.chunks
  }

  /** The bytes after the end of the answer. */
  get surplus(): Buffer {
    return this.#response.surplus
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#record.counts
  }

  get frames(): number {
    return this.#record.frames
  }

  get opened(): Promise<void> {
    return this.until('the first bytes of the body', () => this.#record.bytes > 0).then(() => undefined)
  }

  /** The messages that a browser would dispatch so far. */
  messages(): SseMessage[] {
    return this.#record.messages
  }

  /** All blocks so far, including blocks of comments alone. */
  blocks(): readonly SseBlock[] {
    return this.#record.blocks
  }

  /** Waits for a condition that is looked at whenever bytes have come; throws after `deadlineMs`, or at once when the answer has ended. */
  until<T>(what: string, check: (answer: this) => T | undefined | false, deadlineMs = 10_000): Promise<T> {
    return this.#watch.until(what, () => check(this), deadlineMs)
  }

  /** Takes the next bytes from the connection. */
  protected take(bytes: Buffer): void {
    this.bytes += bytes.length
    if (this.bytes <= this.#keepBytes) this.#received.push(bytes)
    this.#attempt(() => this.#response.push(bytes))
    if (this.#response.complete) {
      const unasked = this.surplus.length > 0 && !this.#moreExpected
      this.finish(unasked ? 'bytes after the end of the answer' : undefined)
    }
    this.#watch.notify()
  }

  /** Says that the server has sent its FIN. */
  protected takeFin(): void {
    this.#attempt(() => this.#response.end())
    this.finish(undefined)
  }

  /** Says that the connection is gone. */
  protected takeClose(): void {
    this.#gone = true
    this.finish('the connection was closed on this side')
  }

  /** Says that more was sent after the request, so that bytes after the answer are no error. */
  protected expectMore(): void {
    this.#moreExpected = true
  }

  /** Says how the answer ended; only the first call counts. */
  protected finish(error: string | undefined): void {
    this.#end ??= error === undefined ? { clean: true } : { clean: false, error }
    this.#settle(this.#end)
    this.#watch.notify()
  }

  #attempt(parse: () => void): void {
    // After a broken protocol the rest means nothing; it is only kept.
    if (this.#end && !this.#end.clean) return
    try {
      parse()
    } catch (error) {
      this.finish(error instanceof Error ? error.message : String(error))
    }
  }

  #whyOver(): string | undefined {
    if (this.#end && (this.#gone || !this.#moreExpected || !this.#end.clean)) return `the answer ended: ${this.#end.error ?? 'cleanly'}`
    return undefined
  }
}
