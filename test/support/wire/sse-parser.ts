/** One block of an event stream, that is, all lines up to a blank line; it is a message if it has data. */
export interface SseBlock {
  /** The last `event` field; undefined when there was none. */
  event: string | undefined
  /** All `data` fields joined by LF; undefined when there was none, in which case a browser dispatches nothing. */
  data: string | undefined
  /** The last valid `id` field of this block. */
  id: string | undefined
  /** The last valid `retry` field, milliseconds. */
  retry: number | undefined
  /** The comment lines without their leading colon. */
  comments: string[]
  /** The lines that a browser ignores: fields of other names, ids with NUL, retries that are not digits. */
  ignored: string[]
}

/** A block that is a message. */
export interface SseMessage extends SseBlock {
  data: string
}

/** Parses an event stream exactly as WHATWG HTML 9.2.6 says; an unfinished block at the end is never reported. */
export class SseParser {
  readonly #onBlock: (block: SseBlock) => void
  // It also drops one byte order mark at the start and replaces bad UTF-8, as the standard asks.
  readonly #decoder = new TextDecoder('utf-8')
  #rest = ''
  #afterCr = false
  #block: SseBlock | undefined

  constructor(onBlock: (block: SseBlock) => void) {
    this.#onBlock = onBlock
  }

  /** Takes the next bytes, cut anywhere. */
  push(bytes: Uint8Array): void {
    let text = this.#decoder.decode(bytes, { stream: true })
    if (text === '') return
    // The line of a CR has been taken already; the LF of a CRLF that was cut in two must not make another.
    if (this.#afterCr && text.startsWith('\n')) text = text.slice(1)
    this.#afterCr = text.endsWith('\r')
    const lines = (this.#rest + text).split(/\r\n|\r|\n/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    if (line === '') {
      const block = this.#block
      this.#block = undefined
      if (block) this.#onBlock(block)
      return
    }
    this.#block ??= { event: undefined, data: undefined, id: undefined, retry: undefined, comments: [], ignored: [] }
    const colon = line.indexOf(':')
    if (colon === 0) {
      this.#block.comments.push(line.slice(1))
      return
    }
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (!setField(this.#block, name, value)) this.#block.ignored.push(line)
  }
}

/** Tells a message from a block of comments. */
export function isMessage(block: SseBlock): block is SseMessage {
  return block.data !== undefined
}

function setField(block: SseBlock, name: string, value: string): boolean {
  switch (name) {
    case 'event':
      block.event = value
      return true
    case 'data':
      block.data = block.data === undefined ? value : `${block.data}\n${value}`
      return true
    case 'id':
      if (value.includes('\0')) return false
      block.id = value
      return true
    case 'retry':
      if (!/^[0-9]+$/.test(value)) return false
      block.retry = Number(value)
      return true
    default:
      return false
  }
}
