import { createRequire } from 'node:module'
import { type ConnectOpts, Socket } from 'node:net'

// The values of Linux on x64 and arm64: socket(2), socket(7).
const AF_INET = 2
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const LOOPBACK = [127, 0, 0, 1]
const ADDRESS_BYTES = 16

/** The kernel raises it to its minimum. */
const BUFFER_BYTES = 1

/** The part of koffi (https://koffi.dev/) that is used here. */
interface Koffi {
  load(library: null): { func(definition: string): (...args: readonly (number | Uint8Array | readonly number[])[]) => number }
}

export type NarrowConnect = (port: number, options: ConnectOpts) => Socket

/**
 * Returns a function that connects to a port of loopback by a socket with the smallest receive buffer: the bytes for a client that does
 * not read then soon wait in the server. Node has no call for that. Returns null where koffi does not load.
 */
export function loadNarrowConnect(): NarrowConnect | null {
  try {
    const koffi: Koffi = createRequire(import.meta.url)('koffi')
    return narrowConnect(koffi)
  } catch {
    return null
  }
}

function narrowConnect(koffi: Koffi): NarrowConnect {
  const libc = koffi.load(null)
  const socket = libc.func('int socket(int domain, int type, int protocol)')
  const setsockopt = libc.func('int setsockopt(int fd, int level, int option, int *value, uint32_t length)')
  const connect = libc.func('int connect(int fd, void *address, uint32_t length)')
  return (port, options) => {
    const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
    const address = Buffer.alloc(ADDRESS_BYTES)
    address.writeUInt16LE(AF_INET, 0)
    address.writeUInt16BE(port, 2)
    address.set(LOOPBACK, 4)
    const hasBuffer = setsockopt(fd, SOL_SOCKET, SO_RCVBUF, [BUFFER_BYTES], 4) === 0
    if (!hasBuffer || connect(fd, address, ADDRESS_BYTES) !== 0)
      throw new Error(`no connection to port ${port} with a small receive buffer`)
    const ofSocket = { ...options, fd }
    return new Socket(ofSocket)
  }
}
