import { MAX_ID_BYTES, RAW } from '../core/namespace.js'
import { CHUNK_END, chunkHead, encodeEventName, encodeFrame, FrameVariants, type IdOf } from '../core/sse-frame.js'
import { type Digest, PIECE_BYTES, type Piece } from './digest.js'
import type { ScoreLog } from './score-log.js'

const DATA = Buffer.from('data:')
const NAME = encodeEventName(RAW)
const NAMED_DATA = Buffer.concat([NAME, DATA])
/** The bytes that an unnamed frame adds to its id. */
const FRAMING_BYTES = DATA.length + 2
const LF = 0x0a
const SPACE = 0x20
/** The most bytes that a frame without chunk framing adds to its id: the prefix of a named one, a space, and two line ends. */
const RAW_FRAME_OVERHEAD = NAMED_DATA.length + 3
const NOTHING = Buffer.alloc(0)

const GAP = encodeEventName('gap')

/** Updates that were missed and healed, of which raw has no frames. */
interface Gap {
  /** How many updates of the piece are before it. */
  readonly place: number
  missed: number
}

/**
 * Reads the score log for raw: one frame for each update, in pieces of `PIECE_BYTES`. Entries that were healed have no frames; resumable
 * streams get the event `gap` in their place.
 */
export class RawDigest implements Digest {
  readonly conflates = false

  /** @param idAt the event id of a frame that ends at a position */
  constructor(
    private readonly log: ScoreLog,
    private readonly idAt: ((position: number) => string) | null = null,
  ) {}

  read(from: number, to: number): Piece | null {
    const { log, idAt } = this
    if (from < log.oldest) return null
    // The ids, not their indexes: the ring may give an index to another id before a variant is encoded.
    const ids: Uint8Array[] = []
    const gaps: Gap[] = []
    /** The positions of frames and gaps; without a gap they are all from `from + 1` on. */
    const positions: number[] = []
    let bytes = 0
    let end = from
    while (end < to) {
      const at = end + 1
      if (log.isHealedAt(at)) {
        const last = gaps.at(-1)
        if (last?.place === ids.length) {
          last.missed += log.weightAt(at)
          positions[positions.length - 1] = at
        } else {
          gaps.push({ place: ids.length, missed: log.weightAt(at) })
          positions.push(at)
        }
      } else {
        const id = log.idAt(at)
        bytes += id.length + RAW_FRAME_OVERHEAD
        if (bytes > PIECE_BYTES) break
        ids.push(id)
        positions.push(at)
      }
      end++
    }
    const encode = (isNamed: boolean, isChunked: boolean, idOf: IdOf | null) =>
      idOf === null ? encodeRaw(ids, isNamed ? NAMED_DATA : DATA, isChunked) : encodeResumable(ids, gaps, isNamed, isChunked, idOf)
    const frames = new FrameVariants(encode, idAt === null ? null : (place) => idAt(positions[place] ?? end))
    return { end, messages: ids.length, positions, frames }
  }

  bytesBehind(cursor: number): number {
    const { position } = this.log
    const from = Math.max(cursor, this.log.oldest)
    return from >= position ? 0 : this.log.bytesBetween(from, position) + (position - from) * FRAMING_BYTES
  }
}

function encodeResumable(ids: readonly Uint8Array[], gaps: readonly Gap[], isNamed: boolean, isChunked: boolean, idOf: IdOf): Buffer {
  const frames: Buffer[] = []
  let next = 0
  for (let place = 0; place <= ids.length; place++) {
    const gap = gaps[next]
    if (gap?.place === place) {
      frames.push(encodeFrame(Buffer.from(JSON.stringify({ missed: gap.missed })), GAP, isChunked, idOf(frames.length)))
      next++
    }
    const id = ids[place]
    if (id !== undefined) frames.push(encodeFrame(id, isNamed ? NAME : undefined, isChunked, idOf(frames.length)))
  }
  return Buffer.concat(frames)
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
