import { MAX_ID_BYTES, RAW } from '../core/namespace.js'
import { CHUNK_END, chunkHead, encodeEventName, FrameVariants } from '../core/sse-frame.js'
import { type Digest, PIECE_BYTES, type Piece } from './digest.js'
import type { ScoreLog } from './score-log.js'

const DATA = Buffer.from('data:')
const NAMED_DATA = Buffer.concat([encodeEventName(RAW), DATA])
/** The bytes that an unnamed frame adds to its id. */
const FRAMING_BYTES = DATA.length + 2
const LF = 0x0a
const SPACE = 0x20
/** The most bytes that a frame without chunk framing adds to its id: the prefix of a named one, a space, and two line ends. */
const RAW_FRAME_OVERHEAD = NAMED_DATA.length + 3
const NOTHING = Buffer.alloc(0)

/** Reads the score log for raw: one frame for each update, in pieces of `PIECE_BYTES`. */
export class RawDigest implements Digest {
  readonly conflates = false

  constructor(private readonly log: ScoreLog) {}

  read(from: number, to: number): Piece | null {
    const { log } = this
    if (from < log.oldest) return null
    // The ids, not their indexes: the ring may give an index to another id before a variant is encoded.
    const ids: Uint8Array[] = []
    let bytes = 0
    let end = from
    while (end < to) {
      const id = log.idAt(end + 1)
      bytes += id.length + RAW_FRAME_OVERHEAD
      if (bytes > PIECE_BYTES) break
      ids.push(id)
      end++
    }
    const frames = new FrameVariants((isNamed, isChunked) => encodeRaw(ids, isNamed ? NAMED_DATA : DATA, isChunked))
    return { end, messages: ids.length, frames }
  }

  bytesBehind(cursor: number): number {
    const { position } = this.log
    const from = Math.max(cursor, this.log.oldest)
    return from >= position ? 0 : this.log.bytesBetween(from, position) + (position - from) * FRAMING_BYTES
  }
}

/** The lines in front of the chunks of frames, by their size. */
const HEADS = Array.from({ length: MAX_ID_BYTES + RAW_FRAME_OVERHEAD + 1 }, (_, size) => chunkHead(size))

/**
 * `data:<id>` + blank line for each id, in one buffer. Ids hold no line breaks. Clients take one space off a value that begins with one.
 */
function encodeRaw(ids: readonly Uint8Array[], prefix: Buffer, isChunked: boolean): Buffer {
  const end = isChunked ? CHUNK_END : NOTHING
  const headOf = (size: number) => (isChunked ? (HEADS[size] ?? NOTHING) : NOTHING)
  const sizeOf = (id: Uint8Array) => prefix.length + (id[0] === SPACE ? 1 : 0) + id.length + 2
  let total = 0
  for (const id of ids) total += headOf(sizeOf(id)).length + sizeOf(id) + end.length
  const bytes = Buffer.allocUnsafe(total)
  let offset = 0
  for (const id of ids) {
    offset += headOf(sizeOf(id)).copy(bytes, offset)
    offset += prefix.copy(bytes, offset)
    if (id[0] === SPACE) bytes[offset++] = SPACE
    bytes.set(id, offset)
    offset += id.length
    bytes[offset++] = LF
    bytes[offset++] = LF
    offset += end.copy(bytes, offset)
  }
  return bytes
}
