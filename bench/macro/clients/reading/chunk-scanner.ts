const LF = 0x0a
const ZERO = 0x30
const NINE = 0x39
/** Turns A to F into a to f. */
const LOWER = 0x20
const A = 0x61
const F = 0x66

/** Removes HTTP/1.1 chunked framing. It checks nothing: the tests of the server do. */
export class ChunkScanner {
  /** Bytes of the chunk that are still to come. */
  private left = 0
  private size = 0
  private isBehindData = false

  constructor(private readonly onBody: (bytes: Buffer, from: number, to: number) => void) {}

  push(bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to) {
      if (this.left === 0) {
        this.control(bytes[at++] ?? 0)
        continue
      }
      const end = Math.min(to, at + this.left)
      this.left -= end - at
      this.isBehindData = this.left === 0
      this.onBody(bytes, at, end)
      at = end
    }
  }

  private control(byte: number): void {
    if (byte === LF) {
      if (!this.isBehindData) this.left = this.size
      this.isBehindData = false
      this.size = 0
    } else if (byte >= ZERO && byte <= NINE) this.size = this.size * 16 + byte - ZERO
    else if ((byte | LOWER) >= A && (byte | LOWER) <= F) this.size = this.size * 16 + (byte | LOWER) - A + 10
  }
}
