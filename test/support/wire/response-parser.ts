import { ChunkedDecoder } from './chunked-decoder.js'
import { parseHead, type ResponseHead } from './response-head.js'

const HEAD_LIMIT = 65_536
const NOTHING = Buffer.alloc(0)

/** Parses one HTTP/1 answer strictly: the framing is chunked, of a known length, or whatever comes before the end of the connection. */
export class ResponseParser {
  head: ResponseHead | undefined
  /** True when the answer has ended by its own framing. */
  complete = false
  /** Bytes beyond the end of the answer. */
  surplus: Buffer = NOTHING
  readonly #method: string
  readonly #onBody: (bytes: Buffer) => void
  #headBytes: Buffer = NOTHING
  #chunked: ChunkedDecoder | undefined
  #left = Number.POSITIVE_INFINITY

  constructor(method: string, onBody: (bytes: Buffer) => void) {
    this.#method = method
    this.#onBody = onBody
  }

  /** Chunks of a chunked body so far; undefined with any other framing. */
  get chunks(): number | undefined {
    return this.#chunked?.chunks
  }

  /** Takes the next bytes, cut anywhere; throws on bytes that are not HTTP/1. */
  push(bytes: Buffer): void {
    if (this.head) this.#body(bytes)
    else this.#beginning(bytes)
  }

  /** Says that the connection has ended; throws when the answer was not whole. */
  end(): void {
    if (this.complete) return
    if (!this.head) throw new Error(`the connection ended ${this.#headBytes.length === 0 ? 'without an answer' : 'within the head'}`)
    if (this.#chunked) throw new Error('the connection ended before the terminating chunk')
    if (Number.isFinite(this.#left)) throw new Error(`the connection ended ${this.#left} bytes before the content-length`)
    this.complete = true
  }

  #beginning(bytes: Buffer): void {
    this.#headBytes = Buffer.concat([this.#headBytes, bytes])
    const end = this.#headBytes.indexOf('\r\n\r\n')
    if (end === -1 && this.#headBytes.length > HEAD_LIMIT) throw new Error(`no end of the head within ${HEAD_LIMIT} bytes`)
    if (end === -1) return
    this.head = parseHead(this.#headBytes.toString('latin1', 0, end + 4))
    this.#frame(this.head)
    this.#body(this.#headBytes.subarray(end + 4))
  }

  #frame({ status, headers }: ResponseHead): void {
    const encoding = headers.get('transfer-encoding')
    const length = headers.get('content-length')
    if (encoding !== undefined && length !== undefined) throw new Error('both transfer-encoding and content-length')
    if (length !== undefined && !/^\d+$/.test(length)) throw new Error(`bad content-length: ${length}`)
    if (encoding !== undefined && encoding !== 'chunked') throw new Error(`unknown transfer-encoding: ${encoding}`)
    if (this.#method === 'HEAD' || status === 204 || status === 304) this.#left = 0
    else if (encoding !== undefined) this.#chunked = new ChunkedDecoder()
    else if (length !== undefined) this.#left = Number(length)
    this.complete = this.#left === 0
  }

  #body(bytes: Buffer): void {
    let surplus: Buffer
    if (this.#chunked) {
      surplus = this.#chunked.push(bytes, this.#onBody)
      this.complete = this.#chunked.done
    } else {
      const data = bytes.subarray(0, Math.min(this.#left, bytes.length))
      this.#left -= data.length
      this.complete = this.#left === 0
      if (data.length > 0) this.#onBody(data)
      surplus = bytes.subarray(data.length)
    }
    if (surplus.length > 0) this.surplus = Buffer.concat([this.surplus, surplus])
  }
}
