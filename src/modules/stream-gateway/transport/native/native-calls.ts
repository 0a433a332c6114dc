import { createRequire } from 'node:module'
import { endianness } from 'node:os'
import { firstLine } from '../../../../common/platform/errors.js'
import { Aio, UNKNOWN } from './aio.js'
import { hasGlibc, type Koffi, koffiFault, type NativeLibrary } from './koffi.js'

/** The system calls that go around Node, for plain TCP on Linux. */
export interface NativeCalls {
  /**
   * send(2), never blocking, no SIGPIPE. Returns how many bytes the kernel took: 0 when it takes none now, -1 when the connection is
   * broken.
   */
  send(descriptor: number, bytes: Uint8Array): number
  /** Sets options of TCP on a connection, or on a socket that listens. Returns false where that fails. */
  setOptions(descriptor: number, options: TcpOptions): boolean
  /** True where the socket has exactly these options. */
  hasOptions(descriptor: number, options: TcpOptions): boolean
  /** Sets TCP_USER_TIMEOUT alone. */
  setAckTimeout(descriptor: number, ms: number): boolean
  /** True where the peer has left several packets in a row unanswered, and has sent no acknowledgement for this time. */
  isSilent(descriptor: number, forMs: number): boolean
  /** Many writes in one call, or the reason why there is no such thing. */
  readonly aio: Aio | string
}

/** Options of TCP, tcp(7). */
export interface TcpOptions {
  /** TCP_NOTSENT_LOWAT: the kernel takes no more while this many bytes of the socket are unsent. */
  readonly notsentLowatBytes: number
  /**
   * TCP_USER_TIMEOUT: the kernel breaks a connection (ETIMEDOUT) whose peer has not acknowledged data, or has kept its window closed, for
   * this time. 0: many minutes, and only where the peer does not answer.
   */
  readonly ackTimeoutMs: number
}

const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const IPPROTO_TCP = 6
const TCP_INFO = 11
const TCP_USER_TIMEOUT = 18
const TCP_NOTSENT_LOWAT = 25
/** The start of `struct tcp_info`: offsets of the two counts of unanswered packets, and of the ms since the last acknowledgement. */
const INFO_BYTES = 60
const INFO_RETRANSMITS = 2
const INFO_PROBES = 3
const INFO_LAST_ACK_MS = 56
/** A peer that is there leaves one packet unanswered for as long as the answer travels. */
const MIN_UNANSWERED = 2
const EAGAIN = 11
const EINTR = 4
const EBADF = 9
const NO_DESCRIPTOR = -1

/** The constants and layouts here and in `Aio` hold for these architectures, little-endian. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64']

/** A name, not a literal: koffi is optional, so the program has to compile and start without its code and types. */
const KOFFI: string = 'koffi'

/** The calls, proved by a round trip each, or the reason why there are none. */
export async function loadNativeCalls(platform: NodeJS.Platform, arch: string = process.arch): Promise<NativeCalls | string> {
  if (platform !== 'linux') return `not on ${platform}`
  if (!ARCHITECTURES.includes(arch) || endianness() !== 'LE') return `not on ${arch}`
  try {
    // The trial takes 0.1 s of CPU.
    const fault = hasGlibc() ? null : await koffiFault(createRequire(import.meta.url).resolve(KOFFI))
    if (fault !== null) return fault
    const koffi: Koffi = await import(KOFFI)
    return proved(koffi, arch)
  } catch (error) {
    return `koffi does not load: ${firstLine(error)}`
  }
}

/** koffi's types end here, so each call is tried before it is trusted. */
function proved(koffi: Koffi, arch: string): NativeCalls | string {
  const { address, errno, load } = koffi
  const libc = load(null)
  // Plain numbers, the address of the bytes included, are the cheapest arguments. No frame is longer than an int counts.
  const send = libc.func('int send(int fd, uint64_t buf, int len, int flags)')
  const setsockopt = libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t size)')
  const getsockopt = libc.func('int getsockopt(int fd, int level, int name, void *value, void *size)')
  // A frame is sent to many sockets in a row: its address is asked for once. The reference keeps the bytes where they are.
  let bytesBefore: Uint8Array = new Uint8Array(1)
  let addressBefore = Number(address(bytesBefore))
  if (send(NO_DESCRIPTOR, addressBefore, 1, MSG_DONTWAIT) !== -1 || errno() !== EBADF) return 'koffi does not call send(2) as it should'
  const option = new Int32Array(1)
  const optionBytes = new Uint8Array(option.buffer)
  const size = new Uint32Array(1)
  const sizeBytes = new Uint8Array(size.buffer)
  const info = Buffer.alloc(INFO_BYTES)
  const set = (descriptor: number, name: number, value: number): boolean => {
    option[0] = value
    return setsockopt(descriptor, IPPROTO_TCP, name, optionBytes, optionBytes.length) === 0
  }
  const get = (descriptor: number, name: number, into: Uint8Array): boolean => {
    size[0] = into.length
    return getsockopt(descriptor, IPPROTO_TCP, name, into, sizeBytes) === 0 && size[0] === into.length
  }
  const calls = {
    send(descriptor: number, bytes: Uint8Array): number {
      if (bytes !== bytesBefore) {
        bytesBefore = bytes
        addressBefore = Number(address(bytes))
      }
      const sent = send(descriptor, addressBefore, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL)
      if (sent >= 0) return sent
      const error = errno()
      return error === EAGAIN || error === EINTR ? 0 : -1
    },
    setOptions(descriptor: number, { notsentLowatBytes, ackTimeoutMs }: TcpOptions): boolean {
      return set(descriptor, TCP_NOTSENT_LOWAT, notsentLowatBytes) && set(descriptor, TCP_USER_TIMEOUT, ackTimeoutMs)
    },
    hasOptions(descriptor: number, { notsentLowatBytes, ackTimeoutMs }: TcpOptions): boolean {
      const has = (name: number, value: number) => get(descriptor, name, optionBytes) && option[0] === value
      return has(TCP_NOTSENT_LOWAT, notsentLowatBytes) && has(TCP_USER_TIMEOUT, ackTimeoutMs)
    },
    setAckTimeout: (descriptor: number, ms: number): boolean => set(descriptor, TCP_USER_TIMEOUT, ms),
    isSilent(descriptor: number, forMs: number): boolean {
      if (!get(descriptor, TCP_INFO, info)) return false
      const unanswered = Math.max(info.readUInt8(INFO_RETRANSMITS), info.readUInt8(INFO_PROBES))
      return unanswered >= MIN_UNANSWERED && info.readUInt32LE(INFO_LAST_ACK_MS) >= forMs
    },
  }
  const pair = SocketPair.open(libc)
  if (pair === null) return 'socketpair(2) gives no sockets to try send(2) with'
  try {
    const fault = proveSend(calls.send, pair)
    if (fault !== null) return fault
    const aio = Aio.open(koffi, libc, arch)
    return { ...calls, aio: typeof aio === 'string' ? aio : (proveBatch(aio, pair) ?? aio) }
  } finally {
    pair.close()
  }
}

const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const RECEIVED_BYTES = 256

const FIRST = Buffer.from('a round trip by send(2)')
const SECOND = [Buffer.from('two round trips '), Buffer.from('by one io_submit(2)')] as const

/** Two connected sockets of this process, outside of Node. */
class SocketPair {
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
function proveSend(send: (descriptor: number, bytes: Uint8Array) => number, pair: SocketPair): string | null {
  const sent = send(pair.writer, FIRST)
  if (sent !== FIRST.length) return `send(2) took ${sent} of ${FIRST.length} bytes of a trial`
  return pair.read() === FIRST.toString() ? null : 'send(2) changed the bytes of a trial'
}

/** Returns the fault of a batched write, or null. */
function proveBatch(aio: Aio, pair: SocketPair): string | null {
  SECOND.forEach((bytes, index) => void aio.set(index, pair.writer, bytes))
  const made = aio.submit(SECOND.length)
  if (made !== SECOND.length) return `io_submit(2) made ${made} of ${SECOND.length} writes of a trial`
  for (const [index, { length }] of SECOND.entries()) {
    if (aio.result(index) === UNKNOWN) return 'io_submit(2) gave no result for a write of a trial'
    if (aio.result(index) !== length) return `io_submit(2) says ${aio.result(index)} of ${length} bytes of a trial`
  }
  return pair.read() === SECOND.join('') ? null : 'io_submit(2) changed the bytes of a trial'
}
