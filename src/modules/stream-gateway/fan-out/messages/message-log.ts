import { FrameVariants, type IdOf, variantOf } from '../../../../common/core/sse-frame.js'
import type { MessagePosition, StreamPosition } from '../../../../common/positions/positions.js'
import { type CursorLog, type Digest, PIECE_BYTES, type Piece } from '../../../../common/score-log/digest.js'
import type { Cursor, CursorOwner, CursorSubscriber } from '../cursor.js'
import { CursorSet } from '../cursor-set.js'
import type { DetailArchive } from './detail-journal.js'
import type { Message, MessageMemory } from './message.js'
import { positionBefore } from './message-clock.js'

/** Delivers the messages of the log. */
export interface MessageLogHost {
  /** A subscriber has opened behind the end of the log. */
  onBehind(log: MessageLog): void
  onDrained(log: MessageLog): void
  onClosed(log: MessageLog): void
}

/**
 * The message log of one audience: references to the messages from the lowest cursor of its subscribers on. It is empty while all keep
 * up. Position p is the place after the p-th message; messages from before the log was made have places below 1.
 */
export class MessageLog implements CursorLog, Digest, CursorOwner {
  readonly conflates = false
  readonly latest = null
  readonly part: 'message' | null
  position = 0
  // After the position, from which the set starts.
  readonly cursors = new CursorSet(this, this)
  private messages: Message[] = []
  /** Beside each message: how many bytes the log had seen up to its end. */
  private ends: number[] = []
  private seenBytes = 0

  /** @param archive the details that a subscriber may resume from; null for messages that have no positions */
  constructor(
    private readonly memory: MessageMemory,
    private readonly host: MessageLogHost,
    private readonly archive: DetailArchive | null = null,
  ) {
    this.part = archive === null ? null : 'message'
  }

  get oldest(): number {
    return this.position - this.messages.length
  }

  get isEmpty(): boolean {
    return this.messages.length === 0
  }

  /** The size of the messages in it. */
  get bytes(): number {
    return this.bytesBehind(this.oldest)
  }

  get last(): Message | undefined {
    return this.messages.at(-1)
  }

  open(subscriber: CursorSubscriber, start: StreamPosition | null = null): Cursor {
    if (start === null) return this.cursors.open(subscriber, this, this.position)
    if (this.archive === null) return this.cursors.open(subscriber, this, this.position, null)
    const { numbers, isWhole } = this.archive.after(start.message)
    const refused = this.prepend(this.archive, numbers.slice(0, Math.max(0, numbers.length - this.messages.length)))
    const cursor = this.cursors.open(subscriber, this, this.position - numbers.length + refused, isWhole ? refused : null)
    if (cursor.position < this.position) this.host.onBehind(this)
    return cursor
  }

  close(cursor: Cursor): void {
    this.cursors.remove(cursor)
    if (!this.isEmpty) this.host.onClosed(this)
  }

  onDrained(cursor: Cursor): void {
    if (cursor.position < this.position) this.host.onDrained(this)
  }

  /** A round delivers each message in the turn in which it comes: there is no target to keep. */
  markDrainTarget(): void {}

  isPending(cursor: Cursor): boolean {
    return cursor.subscriber.isReady && cursor.position < this.position
  }

  /** The position up to which a subscriber has everything. */
  reachedBy(cursor: Cursor): MessagePosition | null {
    const next = this.messages[cursor.position - this.oldest]
    if (next === undefined) return this.archive?.position ?? null
    return next.place === null ? null : positionBefore(next.place.position)
  }

  append(message: Message): void {
    this.memory.add(message)
    this.messages.push(message)
    this.seenBytes += message.bytes
    this.ends.push(this.seenBytes)
    this.position++
  }

  read(from: number, to: number): Piece | null {
    const { oldest } = this
    const first = this.messages[from - oldest]
    if (from < oldest || first === undefined) return null
    const taken = [first]
    let { bytes } = first
    for (let end = from + 1; end < to; end++) {
      const message = this.messages[end - oldest]
      if (message === undefined || bytes + message.bytes > PIECE_BYTES) break
      bytes += message.bytes
      taken.push(message)
    }
    const end = from + taken.length
    const frames = taken.length === 1 ? first.frames : rowOf(taken)
    if (this.archive === null) return { end, messages: taken.length, frames }
    return { end, messages: taken.length, frames, details: taken.flatMap(({ place }) => place?.position ?? []) }
  }

  /** The bytes of the messages between a cursor and the end. */
  bytesBehind(cursor: number): number {
    return cursor >= this.position ? 0 : this.seenBytes - this.seenAt(cursor)
  }

  /** The lowest cursor with at most so many bytes between it and the end. */
  floor(maxBytes: number): number {
    let cursor = this.oldest
    while (cursor < this.position && this.seenBytes - this.seenAt(cursor) > maxBytes) cursor++
    return cursor
  }

  /** Forgets the messages below the lowest cursor. */
  trim(): void {
    const count = this.cursors.lowest(this.position) - this.oldest
    if (count <= 0) return
    for (const message of this.messages.splice(0, count)) this.memory.remove(message)
    this.ends.splice(0, count)
  }

  /**
   * Puts the details with these numbers, which are the ones before its first message, in front of it.
   * @returns how many of them, the oldest ones, the memory has no room for
   */
  private prepend(archive: DetailArchive, numbers: readonly number[]): number {
    const messages: Message[] = []
    const ends: number[] = []
    let end = this.seenAt(this.oldest)
    let place = numbers.length - 1
    for (; place >= 0; place--) {
      const message = archive.message(numbers[place] ?? 0)
      if (!this.memory.hasRoomFor(message)) break
      this.memory.add(message)
      messages.push(message)
      ends.push(end)
      end -= message.bytes
    }
    this.messages = [...messages.reverse(), ...this.messages]
    this.ends = [...ends.reverse(), ...this.ends]
    return place + 1
  }

  private seenAt(cursor: number): number {
    const index = cursor - this.oldest
    return index > 0 ? (this.ends[index - 1] ?? this.seenBytes) : (this.ends[0] ?? this.seenBytes) - (this.messages[0]?.bytes ?? 0)
  }
}

/** The frames of several messages, which each message encodes once for all logs, unless they have ids of one stream's own. */
function rowOf(messages: readonly Message[]): FrameVariants {
  const ownIdOf = (row: number) => messages[row]?.place?.idOf(0) ?? ''
  const encode = (isNamed: boolean, isChunked: boolean, idOf: IdOf | null) => {
    const variant = variantOf(isNamed, isChunked, idOf !== null)
    const isOwn = idOf === null || idOf === ownIdOf
    return Buffer.concat(messages.map(({ frames }, row) => (isOwn ? frames.for(variant) : frames.encodeWith(variant, () => idOf(row)))))
  }
  return new FrameVariants(encode, messages[0]?.place == null ? null : ownIdOf)
}
