import { RAW } from '../core/namespace.js'
import { encodeEventName, FrameVariants } from '../core/sse-frame.js'
import { type Digest, PIECE_BYTES, type Piece } from './digest.js'
import type { ScoreLog } from './score-log.js'

const DATA = Buffer.from('data:')
const NAMED_DATA = Buffer.concat([encodeEventName(RAW), DATA])
/** The bytes that an unnamed frame adds to its id. */
const FRAMING_BYTES = DATA.length + 2
const LF = 0x0a
const SPACE = 0x20
/**
 * The prefix of a named frame, the space before an id that begins with one, and two line ends: the most bytes that a frame adds to its id.
 */
const RAW_FRAME_OVERHEAD = NAMED_DATA.length + 3

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
    return { end, messages: ids.length, frames: new FrameVariants((isNamed) => encodeRaw(ids, isNamed ? NAMED_DATA : DATA)) }
  }

  bytesBehind(cursor: number): number {
    const { position } = this.log
    const from = Math.max(cursor, this.log.oldest)
    return from >= position ? 0 : this.log.bytesBetween(from, position) + (position - from) * FRAMING_BYTES
  }
}

/**
 * `data:<id>` + blank line for each id, in one buffer. Ids hold no line breaks. Clients take one space off a value that begins with one.
 */
function encodeRaw(ids: readonly Uint8Array[], prefix: Buffer): Buffer {
  let size = 0
  for (const id of ids) size += prefix.length + (id[0] === SPACE ? 1 : 0) + id.length + 2
  const bytes = Buffer.allocUnsafe(size)
  let offset = 0
  for (const id of ids) {
    offset += prefix.copy(bytes, offset)
    if (id[0] === SPACE) bytes[offset++] = SPACE
    bytes.set(id, offset)
    offset += id.length
    bytes[offset++] = LF
    bytes[offset++] = LF
  }
  return bytes
}
