import { addScores } from '../redis/score-counts.js'
import { isMessage, type SseBlock, type SseMessage, SseParser } from './sse-parser.js'

/** A {@link StreamRecord} keeps at most `keepBytes` bytes of a body; with 0 it only counts. */
export interface StreamRecordOptions {
  /**
   * Path and query of the request. On `/subscribe/eps`, `/subscribe/eps/<id>` and the sample plug-in's `/subscribe/votes`, messages without
   * an event name are scores.
   */
  readonly path: string
  readonly keepBytes: number
}

/** An event stream as a client received it: its bytes and blocks up to a bound, and counts of everything. */
export class StreamRecord {
  readonly counts = new Map<string, number>()
  /** Messages so far. */
  frames = 0
  /** Bytes of the body so far. */
  bytes = 0
  readonly #unnamedAreScores: boolean
  readonly #keepBytes: number
  readonly #chunks: Buffer[] = []
  readonly #blocks: SseBlock[] = []
  readonly #parser = new SseParser((block) => this.#take(block))

  constructor({ path, keepBytes }: StreamRecordOptions) {
    this.#unnamedAreScores = /^\/subscribe\/(?:eps(?:\/[^?]*)?|votes)(\?|$)/.test(path)
    this.#keepBytes = keepBytes
  }

  /** Takes the next bytes of the body; throws when a frame of scores is malformed. */
  push(bytes: Buffer): void {
    this.bytes += bytes.length
    if (this.#keeps) this.#chunks.push(bytes)
    this.#parser.push(bytes)
  }

  /** The body as received. */
  get body(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** All blocks, comments included. */
  get blocks(): readonly SseBlock[] {
    if (!this.#keeps) throw new Error('only counted: this record does not keep all of its stream')
    return this.#blocks
  }

  /** The blocks that a browser would dispatch. */
  get messages(): SseMessage[] {
    return this.blocks.filter(isMessage)
  }

  get #keeps(): boolean {
    return this.bytes <= this.#keepBytes
  }

  #take(block: SseBlock): void {
    if (this.#keeps) this.#blocks.push(block)
    if (!isMessage(block)) return
    this.frames++
    if (block.event === 'eps' || block.event === 'votes' || (block.event === undefined && this.#unnamedAreScores))
      addScores(this.counts, block.data)
  }
}
