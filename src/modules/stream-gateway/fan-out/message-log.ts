import { encodeBody, encodeFrame, FrameVariants, variantOf } from '../../../common/core/sse-frame.js'
import type { StreamPosition } from '../../../common/positions/positions.js'
import { type CursorLog, type Digest, PIECE_BYTES, type Piece } from '../../../common/score-log/digest.js'
import { type Cursor, type CursorOwner, CursorSet, type CursorSubscriber } from './cursor-set.js'

/** The cost of a reference to a message: its places in the arrays of a log, rounded up. */
const REFERENCE_BYTES = 64
/** A message is held as a frame, and once more as a chunk. */
const COPIES = 2
/** A line break in the data begins another line of the frame, with this in front of it. */
const LINE_START = 'data:'
const LF = 0x0a
const CR = 0x0d

/** One message. Its frames are encoded once per variant, whatever the number of logs that refer to it. */
export class Message {
  readonly frames: FrameVariants
  /** The size of its frame, to within a few bytes. */
  readonly bytes: number
  /** How many logs refer to it. */
  references = 0

  /**
   * @param eventName encoded; the name of the frame on a multiplexed stream
   * @param isAlwaysNamed whether the frame carries its name on every stream
   */
  constructor(data: Uint8Array, eventName: Uint8Array, isAlwaysNamed: boolean) {
    this.bytes = data.length + eventName.length + lineBreaksIn(data) * LINE_START.length
    // A frame or a copy, never `data` itself: it may be a window into the read buffer of a socket, which it would keep alive.
    const frame = isAlwaysNamed ? encodeFrame(data, eventName) : null
    this.frames =
      frame === null
        ? FrameVariants.of(Buffer.from(data), eventName)
        : new FrameVariants((_isNamed, isChunked) => encodeBody(frame, isChunked))
  }
}

/** The memory that all message logs of this process hold together, bounded by MESSAGE_LOG_BYTES. */
export class MessageMemory {
  bytes = 0

  add(message: Message): void {
    this.bytes += REFERENCE_BYTES + (message.references++ === 0 ? message.bytes * COPIES : 0)
  }

  remove(message: Message): void {
    this.bytes -= REFERENCE_BYTES + (--message.references === 0 ? message.bytes * COPIES : 0)
  }
}

/**
 * The message log of one audience: references to the messages from the lowest cursor of its subscribers on. It is empty while all keep
 * up. Position p is the place after the p-th message.
 */
export class MessageLog implements CursorLog, Digest, CursorOwner {
  readonly conflates = false
  readonly latest = null
  position = 0
  // After the position, from which the set starts.
  readonly cursors = new CursorSet(this, this)
  private messages: Message[] = []
  /** Beside each message: how many bytes the log had seen up to its end. */
  private ends: number[] = []
  private seenBytes = 0

  /** @param fanOut delivers the messages of the log */
  constructor(
    private readonly memory: MessageMemory,
    private readonly fanOut: { onDrained(log: MessageLog): void; onClosed(log: MessageLog): void },
  ) {}

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

  open(subscriber: CursorSubscriber, _start: StreamPosition | null): Cursor {
    return this.cursors.open(subscriber, this, this.position)
  }

  close(cursor: Cursor): void {
    this.cursors.remove(cursor)
    if (!this.isEmpty) this.fanOut.onClosed(this)
  }

  onDrained(cursor: Cursor): void {
    if (cursor.position < this.position) this.fanOut.onDrained(this)
  }

  /** A round delivers each message in the turn in which it comes: there is no target to keep. */
  markDrainTarget(): void {}

  isPending(cursor: Cursor): boolean {
    return cursor.subscriber.isReady && cursor.position < this.position
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
    const [only] = taken
    const frames = taken.length === 1 && only !== undefined ? only.frames : rowOf(taken)
    return { end: from + taken.length, messages: taken.length, frames }
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

  private seenAt(cursor: number): number {
    const index = cursor - this.oldest
    return index > 0 ? (this.ends[index - 1] ?? this.seenBytes) : (this.ends[0] ?? this.seenBytes) - (this.messages[0]?.bytes ?? 0)
  }
}

/** The frames of several messages, which each message encodes once for all logs. */
const rowOf = (messages: readonly Message[]) =>
  new FrameVariants((isNamed, isChunked) => {
    const variant = variantOf(isNamed, isChunked)
    return Buffer.concat(messages.map(({ frames }) => frames.for(variant)))
  })

/** How many line breaks the data has, with CR LF counted twice. */
function lineBreaksIn(data: Uint8Array): number {
  if (!data.includes(LF) && !data.includes(CR)) return 0
  let count = 0
  for (const byte of data) if (byte === LF || byte === CR) count++
  return count
}
