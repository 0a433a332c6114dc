import { createRequire } from 'node:module'
import { endianness } from 'node:os'
import { firstLine } from '../../../../common/platform/errors.js'
import { Aio } from './aio.js'
import type { Koffi } from './koffi.js'
import { koffiFault } from './koffi-trial.js'
import { proveBatch, proveSend, SocketPair } from './native-proof.js'

/** The system calls that go around Node, for plain TCP on Linux. */
export interface NativeCalls {
  /**
   * send(2), never blocking, no SIGPIPE. Returns how many bytes the kernel took: 0 when it takes none now, -1 when the connection is
   * broken.
   */
  send(descriptor: number, bytes: Uint8Array): number
  /** TCP_NOTSENT_LOWAT, tcp(7): the kernel takes no more while this many bytes of the socket are unsent. Returns false where that fails. */
  limitUnsent(descriptor: number, bytes: number): boolean
  /** Many writes in one call, or the reason why there is no such thing. */
  readonly aio: Aio | string
}

const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const IPPROTO_TCP = 6
const TCP_NOTSENT_LOWAT = 25
const EAGAIN = 11
const EINTR = 4
const EBADF = 9
const NO_DESCRIPTOR = -1

/** The constants and layouts here and in `Aio` are those of these architectures, little-endian. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64']

/** A name, not a literal: koffi is optional, so the program has to compile and start without its code and types. */
const KOFFI: string = 'koffi'

/** The calls, proved by a round trip each, or the reason why there are none. */
export async function loadNativeCalls(platform: NodeJS.Platform, arch: string = process.arch): Promise<NativeCalls | string> {
  if (platform !== 'linux') return `not on ${platform}`
  if (!ARCHITECTURES.includes(arch) || endianness() !== 'LE') return `not on ${arch}`
  try {
    const fault = await koffiFault(createRequire(import.meta.url).resolve(KOFFI))
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
  // A frame is sent to many sockets in a row: its address is asked for once. The reference keeps the bytes where they are.
  let bytesBefore: Uint8Array = new Uint8Array(1)
  let addressBefore = Number(address(bytesBefore))
  if (send(NO_DESCRIPTOR, addressBefore, 1, MSG_DONTWAIT) !== -1 || errno() !== EBADF) return 'koffi does not call send(2) as it should'
  const option = new Int32Array(1)
  const optionBytes = new Uint8Array(option.buffer)
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
    limitUnsent(descriptor: number, bytes: number): boolean {
      option[0] = bytes
      return setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, optionBytes, optionBytes.length) === 0
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
