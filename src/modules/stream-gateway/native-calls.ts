import { firstLine } from '../../common/platform/errors.js'
import { Aio } from './aio.js'
import type { Koffi } from './koffi.js'

/** The system calls that go around Node, for plain TCP on Linux. */
export interface NativeCalls {
  /** send(2), never blocking, no SIGPIPE. Returns how many bytes the kernel took: 0 when it takes none now, -1 when the connection is broken. */
  send(descriptor: number, bytes: Uint8Array): number
  /** TCP_NOTSENT_LOWAT, tcp(7): the kernel takes no more while this many bytes of the socket are unsent. Returns false where that fails. */
  limitUnsent(descriptor: number, bytes: number): boolean
  /** Many writes in one call; null where the kernel has no such thing for us. */
  readonly aio: Aio | null
}

const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const IPPROTO_TCP = 6
const TCP_NOTSENT_LOWAT = 25
const EAGAIN = 11
const EINTR = 4
const EBADF = 9
const NO_DESCRIPTOR = -1

/** A name, not a literal: koffi is optional, so neither its code nor its types may be missed where it is absent. */
const KOFFI: string = 'koffi'

/** The calls, or why there are none: another platform, or koffi doesn't load. */
export async function loadNativeCalls(platform: NodeJS.Platform): Promise<NativeCalls | string> {
  if (platform !== 'linux') return `not on ${platform}`
  try {
    const koffi: Koffi = await import(KOFFI)
    const { address, errno, load } = koffi
    const libc = load(null)
    // Plain numbers, the address of the bytes included, are the cheapest to hand over. No frame is longer than an int counts.
    const send = libc.func('int send(int fd, uint64_t buf, int len, int flags)')
    const setsockopt = libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t size)')
    // A frame is sent to many sockets in a row: its address is asked for once. The reference keeps the bytes where they are.
    let bytesBefore: Uint8Array = new Uint8Array(1)
    let addressBefore = Number(address(bytesBefore))
    // One call whose outcome is known, because koffi's types end here.
    if (send(NO_DESCRIPTOR, addressBefore, 1, MSG_DONTWAIT) !== -1 || errno() !== EBADF) return 'koffi does not call send(2) as it should'
    return {
      send(descriptor, bytes) {
        if (bytes !== bytesBefore) {
          bytesBefore = bytes
          addressBefore = Number(address(bytes))
        }
        const sent = send(descriptor, addressBefore, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL)
        if (sent >= 0) return sent
        const error = errno()
        return error === EAGAIN || error === EINTR ? 0 : -1
      },
      limitUnsent: (descriptor, bytes) =>
        setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, new Uint8Array(Int32Array.of(bytes).buffer), 4) === 0,
      aio: Aio.open(koffi, libc),
    }
  } catch (error) {
    return `koffi does not load: ${firstLine(error)}`
  }
}
