import { getSystemErrorName } from 'node:util'
import type { Koffi, NativeFunction, NativeLibrary } from './koffi.js'

/** The most writes in one call. The context takes twice as many of the machine's fs.aio-max-nr, which is 65,536 by default. */
const CAPACITY = 256

/** The numbers of the system calls, by Node's name of the architecture. The layouts below are those of 64 bits, little-endian. */
const NUMBERS: Partial<Record<string, { readonly setup: number; readonly getevents: number; readonly submit: number }>> = {
  x64: { setup: 206, getevents: 208, submit: 209 },
  arm64: { setup: 0, getevents: 4, submit: 2 },
}

const PWRITE = 1

/** The result of a write of which the kernel reports no end. No errno is that large. */
export const UNKNOWN = -0x7fffffff

// struct iocb and struct io_event (linux/aio_abi.h), in words of 4 bytes.
const REQUEST = { words: 16, index: 0, opcode: 4, descriptor: 5, addressLow: 6, addressHigh: 7, length: 8 }
const EVENT = { words: 8, index: 0, result: 4 }

interface AioCalls {
  readonly address: Koffi['address']
  /** Return -errno when they fail. */
  submit(requests: number, count: number): number
  getEvents(events: number, count: number, timeout: number): number
}

/**
 * Many writes in one system call: Linux AIO, io_submit(2). A write to a TCP socket that doesn't block has ended when the call returns, so
 * none is pending afterwards. `set` the writes 0 to n-1, `submit(n)`, and read the `result` of each. The caller holds the bytes until then.
 */
export class Aio {
  readonly capacity = CAPACITY
  private readonly requests = new Int32Array(CAPACITY * REQUEST.words)
  private readonly events = new Int32Array(CAPACITY * EVENT.words)
  private readonly results = new Int32Array(CAPACITY)
  /** The argument of io_submit: the address of each request. */
  private readonly list = new BigUint64Array(CAPACITY)
  /** A struct timespec of zero: io_getevents returns at once. */
  private readonly noTime = new BigUint64Array(2)
  private readonly listAddress: number
  private readonly eventsAddress: number
  private readonly noTimeAddress: number
  private bytesBefore: Uint8Array | null = null
  private addressLow = 0
  private addressHigh = 0

  private constructor(private readonly calls: AioCalls) {
    const { address } = calls
    this.listAddress = Number(address(bytesOf(this.list)))
    this.eventsAddress = Number(address(bytesOf(this.events)))
    this.noTimeAddress = Number(address(bytesOf(this.noTime)))
    const first = address(bytesOf(this.requests))
    for (let index = 0; index < CAPACITY; index++) {
      this.requests[index * REQUEST.words + REQUEST.index] = index
      this.requests[index * REQUEST.words + REQUEST.opcode] = PWRITE
      this.list[index] = first + BigInt(index * REQUEST.words * Int32Array.BYTES_PER_ELEMENT)
    }
  }

  /**
   * Returns the reason where the kernel has no AIO for this process: another architecture, a filter of system calls, fs.aio-max-nr
   * reached.
   */
  static open({ address, errno }: Koffi, libc: NativeLibrary, arch: string): Aio | string {
    const numbers = NUMBERS[arch]
    if (numbers === undefined) return `no io_submit(2) on ${arch}`
    const setup: NativeFunction = libc.func('int64_t syscall(int64_t number, int64_t count, void *context)')
    const context = new BigUint64Array(1)
    if (setup(numbers.setup, CAPACITY, bytesOf(context)) !== 0) return `io_setup(2): ${getSystemErrorName(-errno())}`
    const submit = libc.func('int64_t syscall(int64_t number, uint64_t context, int64_t count, uint64_t requests)')
    const getEvents = libc.func(
      'int64_t syscall(int64_t number, uint64_t context, int64_t least, int64_t most, uint64_t events, uint64_t timeout)',
    )
    const id = Number(context[0])
    const orErrno = (returned: number) => (returned < 0 ? -errno() : returned)
    return new Aio({
      address,
      submit: (requests, count) => orErrno(submit(numbers.submit, id, count, requests)),
      getEvents: (events, count, timeout) => orErrno(getEvents(numbers.getevents, id, count, count, events, timeout)),
    })
  }

  set(index: number, descriptor: number, bytes: Uint8Array): void {
    if (bytes !== this.bytesBefore) this.locate(bytes)
    const { requests } = this
    const at = index * REQUEST.words
    requests[at + REQUEST.descriptor] = descriptor
    requests[at + REQUEST.addressLow] = this.addressLow
    requests[at + REQUEST.addressHigh] = this.addressHigh
    requests[at + REQUEST.length] = bytes.length
  }

  /**
   * Makes the writes 0 to `count` - 1. Returns how many of them, from the first on, were made, fewer when the kernel refuses one; or
   * -errno.
   */
  submit(count: number): number {
    const { calls, events, results } = this
    const made = calls.submit(this.listAddress, count)
    if (made <= 0) return made
    results.fill(UNKNOWN, 0, made)
    const ended = calls.getEvents(this.eventsAddress, made, this.noTimeAddress)
    for (let at = 0; at < ended * EVENT.words; at += EVENT.words) {
      results[events[at + EVENT.index] ?? 0] = events[at + EVENT.result] ?? UNKNOWN
    }
    return made
  }

  /** How many bytes the kernel took of a write that was made, -errno when it failed, or UNKNOWN. */
  result(index: number): number {
    return this.results[index] ?? UNKNOWN
  }

  /** A frame goes to many sockets in a row: its address is asked for once. */
  private locate(bytes: Uint8Array): void {
    const address = this.calls.address(bytes)
    this.bytesBefore = bytes
    this.addressLow = Number(BigInt.asIntN(32, address))
    this.addressHigh = Number(address >> 32n)
  }
}

const bytesOf = ({ buffer }: Int32Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>): Uint8Array => new Uint8Array(buffer)
