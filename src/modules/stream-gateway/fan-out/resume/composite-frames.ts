import type { MessagePosition, Positions, StreamPosition } from '../../../../common/positions/positions.js'
import type { Piece } from '../../../../common/score-log/digest.js'
import type { Cursor, PieceEncoder } from '../cursor.js'
import type { StreamPlace } from './stream-place.js'

/** How many encodings of one piece are kept: more than one where some subscribers are behind in another log. */
const MAX_KEPT = 8

type Part = keyof StreamPosition

/** A piece with the positions of the other logs, in one of the ways in which subscribers had them. */
interface Encoding {
  readonly variant: number
  readonly eps: number | undefined
  readonly raw: number | undefined
  readonly at: number | undefined
  readonly ordinal: number | null | undefined
  readonly bytes: Buffer
}

/** The encodings of the latest piece of the logs of one part. */
interface Kept {
  piece: Piece | null
  encodings: Encoding[]
}

/**
 * The frames of streams that follow several logs with positions. Each frame carries an id of all of them: the position of the frame itself,
 * and the positions up to which its subscriber has the other logs at that moment. Subscribers that keep up share the bytes.
 */
export class CompositeFrames {
  private readonly kept: Readonly<Record<Part, Kept>> = {
    eps: { piece: null, encodings: [] },
    raw: { piece: null, encodings: [] },
    message: { piece: null, encodings: [] },
  }

  constructor(private readonly ids: Pick<Positions, 'compositeId'>) {}

  /** The id of a stream whose cursors are at a position. */
  idAt(position: StreamPosition): string {
    return this.ids.compositeId(position)
  }

  /**
   * For the streams of one audience.
   * @param place reads the positions of their cursors
   */
  for(place: StreamPlace, variant: number): PieceEncoder {
    return { bytesFor: (cursor, piece) => this.bytesFor(cursor, piece, place, variant) }
  }

  private bytesFor({ owner, subscriber }: Cursor, piece: Piece, place: StreamPlace, variant: number): Buffer {
    const { part } = owner
    const { cursors } = subscriber
    if (part === null) return piece.frames.for(variant)
    const eps = part === 'eps' ? undefined : place.epsOf(cursors)
    const raw = part === 'raw' ? undefined : place.rawOf(cursors)
    const message = part === 'message' ? null : place.messageOf(cursors)
    const at = message?.at
    const ordinal = message?.ordinal
    const kept = this.kept[part]
    if (kept.piece !== piece) {
      kept.piece = piece
      kept.encodings = []
    }
    for (const known of kept.encodings) {
      if (known.variant !== variant || known.eps !== eps || known.raw !== raw) continue
      if (known.at === at && known.ordinal === ordinal) return known.bytes
    }
    const bytes = piece.frames.encodeWith(variant, (row) => this.idOf(piece, part, row, eps, raw, message))
    if (kept.encodings.length >= MAX_KEPT) kept.encodings.shift()
    kept.encodings.push({ variant, eps, raw, at, ordinal, bytes })
    return bytes
  }

  /** A part that the stream does not have takes the value of a neighbour, so that the id is short. */
  private idOf(
    { positions, details, end }: Piece,
    part: Part,
    row: number,
    eps: number | undefined,
    raw: number | undefined,
    message: MessagePosition | null,
  ): string {
    const own = positions?.[row] ?? end
    const detail = part === 'message' ? details?.[row] : message
    const ownRaw = part === 'raw' ? own : raw
    const score = (part === 'eps' ? own : eps) ?? ownRaw ?? detail?.at ?? own
    return this.ids.compositeId({ eps: score, raw: ownRaw ?? score, message: detail ?? { at: ownRaw ?? score, ordinal: null } })
  }
}
