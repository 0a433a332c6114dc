import { encodeBody, encodeFrame, encodeIdLine, FrameVariants, type IdOf } from '../../../../common/core/sse-frame.js'
import type { DetailPosition } from './message-clock.js'

/** The cost of a reference to a message: its places in the arrays of a log, rounded up. */
const REFERENCE_BYTES = 64
/** A message is held as a frame, and once more as a chunk. */
const COPIES = 2
/** A line break in the data begins another line of the frame, with this in front of it. */
const LINE_START = 'data:'
const LF = 0x0a
const CR = 0x0d

/** The position of a message, and the event id there. */
export interface MessagePlace {
  readonly position: DetailPosition
  readonly idOf: IdOf
}

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
   * @param place null for a message that has none, after which no client can resume
   * @param isLasting whether the data never change, so that they can be encoded when they are needed
   */
  constructor(
    data: Uint8Array,
    eventName: Uint8Array,
    isAlwaysNamed: boolean,
    readonly place: MessagePlace | null = null,
    isLasting = false,
  ) {
    this.bytes = data.length + eventName.length + lineBreaksIn(data) * LINE_START.length
    const idOf = place?.idOf ?? null
    if (!isAlwaysNamed) {
      // A copy, never `data` itself: it may be a window into the read buffer of a socket, which it would keep alive.
      this.frames = FrameVariants.of(Buffer.from(data), eventName, idOf)
    } else if (isLasting) {
      this.frames = new FrameVariants((_isNamed, isChunked, ids) => encodeFrame(data, eventName, isChunked, ids?.(0) ?? null), idOf)
    } else {
      const frame = encodeFrame(data, eventName)
      const withId = (ids: IdOf | null) => (ids === null ? frame : Buffer.concat([encodeIdLine(ids(0)), frame]))
      this.frames = new FrameVariants((_isNamed, isChunked, ids) => encodeBody(withId(ids), isChunked), idOf)
    }
  }
}

/** The memory that all message logs of this process hold together, bounded by MESSAGE_LOG_BYTES. */
export class MessageMemory {
  bytes = 0

  /** @param roomBytes how much of it messages for resumed subscribers may fill */
  constructor(private readonly roomBytes = Number.POSITIVE_INFINITY) {}

  /** True where there is room for a message to which no log refers. */
  hasRoomFor(message: Message): boolean {
    return this.bytes + REFERENCE_BYTES + message.bytes * COPIES <= this.roomBytes
  }

  add(message: Message): void {
    this.bytes += REFERENCE_BYTES + (message.references++ === 0 ? message.bytes * COPIES : 0)
  }

  remove(message: Message): void {
    this.bytes -= REFERENCE_BYTES + (--message.references === 0 ? message.bytes * COPIES : 0)
  }
}

/** How many line breaks the data has, with CR LF counted twice. */
function lineBreaksIn(data: Uint8Array): number {
  if (!data.includes(LF) && !data.includes(CR)) return 0
  let count = 0
  for (const byte of data) if (byte === LF || byte === CR) count++
  return count
}
