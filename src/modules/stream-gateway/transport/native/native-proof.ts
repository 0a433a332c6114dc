import { type Aio, UNKNOWN } from './aio.js'
import type { NativeLibrary } from './koffi.js'

const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const MSG_DONTWAIT = 0x40
const RECEIVED_BYTES = 256

const FIRST = Buffer.from('a round trip by send(2)')
const SECOND = [Buffer.from('two round trips '), Buffer.from('by one io_submit(2)')] as const

/** Two connected sockets of this process, outside of Node. */
export class SocketPair {
  private readonly received = new Uint8Array(RECEIVED_BYTES)

  private constructor(
    readonly writer: number,
    private readonly reader: number,
    private readonly libc: NativeLibrary,
  ) {}

  /** Null where socketpair(2) fails. */
  static open(libc: NativeLibrary): SocketPair | null {
    const ends = new Int32Array(2)
    const socketpair = libc.func('int socketpair(int domain, int type, int protocol, void *ends)')
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, new Uint8Array(ends.buffer)) !== 0) return null
    const [writer = -1, reader = -1] = ends
    return new SocketPair(writer, reader, libc)
  }

  /** The text that has arrived, at once. */
  read(): string {
    const recv = this.libc.func('int64_t recv(int fd, void *buf, uint64_t len, int flags)')
    const length = recv(this.reader, this.received, RECEIVED_BYTES, MSG_DONTWAIT)
    return Buffer.from(this.received.subarray(0, Math.max(0, length))).toString('latin1')
  }

  close(): void {
    const close = this.libc.func('int close(int fd)')
    close(this.writer)
    close(this.reader)
  }
}

/** Returns the fault of send(2), or null. */
export function proveSend(send: (descriptor: number, bytes: Uint8Array) => number, pair: SocketPair): string | null {
  const sent = send(pair.writer, FIRST)
  if (sent !== FIRST.length) return `send(2) took ${sent} of ${FIRST.length} bytes of a trial`
  return pair.read() === FIRST.toString() ? null : 'send(2) changed the bytes of a trial'
}

/** Returns the fault of a batched write, or null. */
export function proveBatch(aio: Aio, pair: SocketPair): string | null {
  SECOND.forEach((bytes, index) => void aio.set(index, pair.writer, bytes))
  const made = aio.submit(SECOND.length)
  if (made !== SECOND.length) return `io_submit(2) made ${made} of ${SECOND.length} writes of a trial`
  for (const [index, { length }] of SECOND.entries()) {
    if (aio.result(index) === UNKNOWN) return 'io_submit(2) gave no result for a write of a trial'
    if (aio.result(index) !== length) return `io_submit(2) says ${aio.result(index)} of ${length} bytes of a trial`
  }
  return pair.read() === SECOND.join('') ? null : 'io_submit(2) changed the bytes of a trial'
}
