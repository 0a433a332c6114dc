import type { PayloadReader } from './payload-readers.js'
import type { StreamRecord } from './stream-record.js'

const LF = 0x0a
const D = 0x64
const E = 0x65
const COLON = 0x3a
const DATA_LENGTH = 5
const NOTHING = Buffer.alloc(0)
/** The event with the totals at the beginning, which are no increments. */
const SNAPSHOT = Buffer.from('event:snapshot')

/** Finds the events in the body of a stream. `data:` is the only field that begins with a d, and no payload of the feed has two lines. */
export class SseScanner {
  /** An incomplete line. */
  private rest = NOTHING
  private hasData = false
  private isSnapshot = false

  constructor(
    private readonly read: PayloadReader,
    private readonly record: StreamRecord,
  ) {}

  push(bytes: Buffer, from: number, to: number): void {
    if (this.rest.length === 0) {
      this.scan(bytes, from, to)
      return
    }
    const joined = Buffer.concat([this.rest, bytes.subarray(from, to)])
    this.rest = NOTHING
    this.scan(joined, 0, joined.length)
  }

  private scan(bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to) {
      const end = bytes.indexOf(LF, at)
      if (end === -1 || end >= to) {
        // A copy: the next read overwrites the buffer.
        this.rest = Buffer.from(bytes.subarray(at, to))
        return
      }
      this.line(bytes, at, end)
      at = end + 1
    }
  }

  private line(bytes: Buffer, from: number, to: number): void {
    if (from === to) {
      if (this.hasData) this.record.event()
      this.hasData = false
      this.isSnapshot = false
    } else if (bytes[from] === E) this.isSnapshot = bytes.compare(SNAPSHOT, 0, SNAPSHOT.length, from, to) === 0
    else if (bytes[from] === D && bytes[from + DATA_LENGTH - 1] === COLON) {
      if (!this.isSnapshot) this.read(bytes, from + DATA_LENGTH, to, this.record)
      this.hasData = true
    }
  }
}
