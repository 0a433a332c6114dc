const DATA = Buffer.from('data:')
/** Clients remove one leading space of a value, so a line that begins with a space gets another one. */
const DATA_SPACE = Buffer.from('data: ')
const LINE_END = Buffer.from('\n')
/** The line end behind a chunk. */
export const CHUNK_END = Buffer.from('\r\n')
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20

/** `:<text>` + blank line: a comment, which clients ignore. `text` must not hold a line break. */
export const encodeComment = (text: string): Buffer => Buffer.from(`:${text}\n\n`)

/** `retry:<ms>` + blank line as a text: the time after which the client reconnects. */
export const retryField = (ms: number): string => `retry:${ms}\n\n`

/** The same as bytes. */
export const encodeRetry = (ms: number): Buffer => Buffer.from(retryField(ms))

/**
 * Checks an event name: a line break in it would forge a field.
 * @throws RangeError
 */
export function checkEventName(name: string): void {
  if (/[\r\n]/.test(name)) throw new RangeError('an event name cannot hold a line break')
}

/** `id:<id>` + line end, the first line of a frame that a client can resume after. */
export const encodeIdLine = (id: string): Buffer => Buffer.from(`id:${id}\n`, 'latin1')

/** `id:<id>` + blank line as a text: the id without an event, which the client keeps as the last one. */
export const idField = (id: string): string => `id:${id}\n\n`

/** `event:<name>` + line end, the prefix of a named frame. */
export function encodeEventName(name: string): Buffer {
  checkEventName(name)
  return Buffer.from(`event:${name}\n`)
}

/**
 * The bytes of one SSE message. There is no space after `data:`, as in the original servers (docs/wire-format.md). A payload of several
 * lines (CR, LF or CRLF, https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) becomes several
 * `data:` lines.
 * @param eventName the result of `encodeEventName`; omitted for an unnamed message
 * @param isChunked whether the message is an HTTP/1.1 chunk of its own
 * @param id the event id, of letters, digits, `.`, `_` and `-`; null for none
 */
export function encodeFrame(data: Uint8Array, eventName?: Uint8Array, isChunked = false, id: string | null = null): Buffer {
  const parts: Uint8Array[] = id === null ? [] : [encodeIdLine(id)]
  if (eventName !== undefined) parts.push(eventName)
  if (data.includes(LF) || data.includes(CR)) pushLines(parts, data)
  else pushLine(parts, data)
  parts.push(LINE_END)
  if (!isChunked) return Buffer.concat(parts)
  let size = 0
  for (const { length } of parts) size += length
  return Buffer.concat([chunkHead(size), ...parts, CHUNK_END])
}

function pushLines(parts: Uint8Array[], data: Uint8Array): void {
  let start = 0
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== LF && data[i] !== CR) continue
    pushLine(parts, data.subarray(start, i))
    if (data[i] === CR && data[i + 1] === LF) i++
    start = i + 1
  }
  pushLine(parts, data.subarray(start))
}

function pushLine(parts: Uint8Array[], line: Uint8Array): void {
  parts.push(line[0] === SPACE ? DATA_SPACE : DATA, line, LINE_END)
}

/** The bytes as one HTTP/1.1 chunk (RFC 9112 section 7.1). They must not be empty: an empty chunk ends the body. */
export function encodeChunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([chunkHead(bytes.length), bytes, CHUNK_END])
}

/** The line in front of a chunk of `size` bytes. */
export const chunkHead = (size: number): Buffer => Buffer.from(`${size.toString(16)}\r\n`)

/** A text of one byte for each character as one chunk. */
export const chunkText = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

/** The chunk that ends a body. */
export const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/** The bytes of a stream as its connection frames them. */
export const encodeBody = (bytes: Buffer, isChunked: boolean): Buffer => (isChunked ? encodeChunk(bytes) : bytes)

/** How a subscriber's frames are encoded: 0 to 7. Subscribers of the same variant share their bytes. */
export const variantOf = (isNamed: boolean, isChunked: boolean, isResumable = false): number =>
  (isResumable ? RESUMABLE : 0) + (isNamed ? NAMED : 0) + (isChunked ? CHUNKED : 0)

/** True for frames with ids, each of which is encoded by itself. */
export const hasIds = (variant: number): boolean => (variant & RESUMABLE) !== 0

const RESUMABLE = 4
const NAMED = 2
const CHUNKED = 1

/** The event id of the message at a place in a row, counted from 0. */
export type IdOf = (place: number) => string

/**
 * One message, or several in a row, as bytes: each variant is encoded at most once, when it is first asked for. Each message is a chunk of
 * its own, so that chunks can be shared between rows of messages, and a client's HTTP library reports messages one by one.
 */
export class FrameVariants {
  private readonly variants: (Buffer | undefined)[] = []

  /**
   * @param encode called at most once for each variant; its third argument gives the ids of resumable variants
   * @param idOf null where messages have no position, and so no id
   */
  constructor(
    private readonly encode: (isNamed: boolean, isChunked: boolean, idOf: IdOf | null) => Buffer,
    private readonly idOf: IdOf | null = null,
  ) {}

  /** One message that carries its event name only where `isNamed`. */
  static of(data: Uint8Array, eventName: Uint8Array, idOf: IdOf | null = null): FrameVariants {
    const encode = (isNamed: boolean, isChunked: boolean, ids: IdOf | null) =>
      encodeFrame(data, isNamed ? eventName : undefined, isChunked, ids === null ? null : ids(0))
    return new FrameVariants(encode, idOf)
  }

  for(variant: number): Buffer {
    const bytes = this.variants[variant] ?? this.encodeWith(variant, this.idOf)
    this.variants[variant] = bytes
    return bytes
  }

  /** The bytes of a variant with other ids, which are not kept. */
  encodeWith(variant: number, idOf: IdOf | null): Buffer {
    return this.encode((variant & NAMED) !== 0, (variant & CHUNKED) !== 0, (variant & RESUMABLE) === 0 ? null : idOf)
  }
}

/** The headers of every stream, beside `connection` and the ones of CORS (docs/wire-format.md). */
export const streamHeaders = (forceRefresh: boolean): Readonly<Record<string, string>> => ({
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  ...(forceRefresh && { 'x-sse-cleanup-requested': 'true' }),
})
