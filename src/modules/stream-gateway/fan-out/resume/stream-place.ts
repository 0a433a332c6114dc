import type { MessagePosition, StreamPosition } from '../../../../common/positions/positions.js'
import type { Cursor, CursorOwner } from '../cursor.js'
import type { MessageLog } from '../messages/message-log.js'

/** The index of what is not in an array. */
const NONE = -1

/** How many entries a stream has missed before the ones that its cursors go on with; null where that is unknown. */
export function missedBy(cursors: readonly Cursor[]): number | null {
  let sum = 0
  for (const { missed } of cursors) {
    if (missed === null) return null
    sum += missed
  }
  return sum
}

/**
 * Reads the position of a stream from its cursors. A part of which it has no cursor takes the value of a neighbour, so that the ids of most
 * streams are short.
 */
export class StreamPlace {
  /** How many of the cursors have a position that a client can resume from. */
  readonly parts: number
  private readonly eps: number
  private readonly raw: number
  private readonly message: number

  /**
   * @param owners the owners of a stream's cursors, in the same order
   * @param details the log of details among them; null for none
   */
  constructor(
    owners: readonly CursorOwner[],
    private readonly details: MessageLog | null,
  ) {
    this.eps = owners.findIndex(({ part }) => part === 'eps')
    this.raw = owners.findIndex(({ part }) => part === 'raw')
    this.message = details === null ? NONE : owners.indexOf(details)
    this.parts = [this.eps, this.raw, this.message].filter((index) => index !== NONE).length
  }

  /** Null for a stream without a position. */
  of(cursors: readonly Cursor[]): StreamPosition | null {
    const message = this.messageOf(cursors)
    const eps = this.epsOf(cursors) ?? this.rawOf(cursors) ?? message?.at
    if (eps === undefined) return null
    const raw = this.rawOf(cursors) ?? eps
    return { eps, raw, message: message ?? { at: raw, ordinal: null } }
  }

  epsOf(cursors: readonly Cursor[]): number | undefined {
    // An index of -1 would be looked up as the name of a property.
    const cursor = this.eps === NONE ? undefined : cursors[this.eps]
    return cursor === undefined ? undefined : (cursor.owner.scoreAt?.(cursor) ?? cursor.position)
  }

  rawOf(cursors: readonly Cursor[]): number | undefined {
    return this.raw === NONE ? undefined : cursors[this.raw]?.position
  }

  messageOf(cursors: readonly Cursor[]): MessagePosition | null {
    const cursor = this.message === NONE ? undefined : cursors[this.message]
    return cursor === undefined ? null : (this.details?.reachedBy(cursor) ?? null)
  }
}
