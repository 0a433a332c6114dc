type State = 'size' | 'data' | 'data-end' | 'last-end' | 'done'

/** Decodes HTTP/1.1 chunked framing and throws on anything but plain chunks: no extensions, no trailers, no bare LF. */
export class ChunkedDecoder {
  /** Whole chunks so far, without the last, empty one. */
  chunks = 0
  #state: State = 'size'
  #line = ''
  #left = 0

  /** True when the terminating chunk has been seen. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** Takes the next bytes, cut anywhere, and returns the bytes after the terminating chunk. */
  push(bytes: Buffer, onData: (data: Buffer) => void): Buffer {
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state !== 'data') {
        this.#control(bytes[at++] ?? 0)
        continue
      }
      const data = bytes.subarray(at, at + this.#left)
      at += data.length
      this.#left -= data.length
      if (this.#left === 0) this.#state = 'data-end'
      onData(data)
    }
    return bytes.subarray(at)
  }

  #control(byte: number): void {
    this.#line += String.fromCharCode(byte)
    const soFar = this.#state === 'size' ? /^[0-9A-Fa-f]{1,8}(\r\n?)?$/ : /^\r\n?$/
    if (!soFar.test(this.#line)) throw new Error(`bad chunked framing: ${JSON.stringify(this.#line)} as ${this.#state}`)
    if (!this.#line.endsWith('\n')) return
    if (this.#state === 'size') {
      this.#left = Number.parseInt(this.#line, 16)
      this.#state = this.#left === 0 ? 'last-end' : 'data'
    } else {
      if (this.#state === 'data-end') this.chunks++
      this.#state = this.#state === 'last-end' ? 'done' : 'size'
    }
    this.#line = ''
  }
}
