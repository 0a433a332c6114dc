import { endianness } from 'node:os'
import type { Koffi, NativeFunction, NativeLibrary } from './koffi.js'

/** The most writes in one call. The context takes twice as many of the machine's fs.aio-max-nr, which is 65,536 by default. */
const CAPACITY = 256

/** The numbers of the system calls, by Node's name of the architecture. The layouts below are those of 64 bits, little-endian. */
const NUMBERS: Partial<Record<string, { readonly setup: number; readonly getevents: number; readonly submit: number }>> = {
  x64: { setup: 206, getevents: 208, submit: 209 },
  arm64: { setup: 0, getevents: 4, submit: 2 },
}

const PWRITE = 1
const EINTR = 4
const EAGAIN = 11
const BROKEN = -1

// struct iocb and struct io_event (linux/aio_abi.h), in words of 4 bytes.
const REQUEST = { words: 16, index: 0, opcode: 4, descriptor: 5, addressLow: 6, addressHigh: 7, length: 8 }
const EVENT = { words: 8, index: 0, result: 4 }

/**
 * Many writes in one system call: Linux AIO, io_submit(2). A write to a TCP socket that doesn't block has ended when the call returns, so nothing is
 * ever under way. `set` the writes 0 to n-1, `submit(n)`, and ask what was `taken` of each. The caller holds the bytes until then.
 */
export class Aio {
  readonly capacity = CAPACITY
  private readonly requests = new Int32Array(CAPACITY * REQUEST.words)
  private readonly events = new Int32Array(CAPACITY * EVENT.words)
  private readonly results = new Int32Array(CAPACITY)
  /** What io_submit takes: the address of each request. */
  private readonly list = new BigUint64Array(CAPACITY)
  private readonly listAddress: number
  private readonly eventsAddress: number
  private bytesBefore: Uint8Array | null = null
  private addressLow = 0
  private addressHigh = 0

  private constructor(
    private readonly address: Koffi['address'],
    private readonly ioSubmit: (requests: number, count: number) => number,
    private readonly ioGetEvents: (events: number, count: number) => number,
  ) {
    this.listAddress = Number(address(bytesOf(this.list)))
    this.eventsAddress = Number(address(bytesOf(this.events)))
    const first = address(bytesOf(this.requests))
    for (let index = 0; index < CAPACITY; index++) {
      this.requests[index * REQUEST.words + REQUEST.index] = index
      this.requests[index * REQUEST.words + REQUEST.opcode] = PWRITE
      this.list[index] = first + BigInt(index * REQUEST.words * Int32Array.BYTES_PER_ELEMENT)
    }
  }

  /** Null where the kernel doesn't have it, or doesn't give it: another architecture, a filter of system calls, fs.aio-max-nr reached. */
  static open(koffi: Koffi, libc: NativeLibrary): Aio | null {
    const numbers = endianness() === 'LE' ? NUMBERS[process.arch] : undefined
    if (numbers === undefined) return null
    const setup: NativeFunction = libc.func('int64_t syscall(int64_t number, int64_t count, void *context)')
    const context = new BigUint64Array(1)
    if (setup(numbers.setup, CAPACITY, bytesOf(context)) !== 0) return null
    const submit = libc.func('int64_t syscall(int64_t number, uint64_t context, int64_t count, uint64_t requests)')
    const getEvents = libc.func(
      'int64_t syscall(int64_t number, uint64_t context, int64_t least, int64_t most, uint64_t events, uint64_t timeout)',
    )
    const id = Number(context[0])
    return new Aio(
      koffi.address,
      (requests, count) => submit(numbers.submit, id, count, requests),
      (events, count) => getEvents(numbers.getevents, id, count, count, events, 0),
    )
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

  /** Makes the writes 0 to `count` - 1. Returns how many of them, from the first on, were made: fewer when the kernel refuses one. */
  submit(count: number): number {
    const { events, results } = this
    const made = Math.max(0, this.ioSubmit(this.listAddress, count))
    if (made === 0) return 0
    results.fill(BROKEN, 0, made)
    const ended = this.ioGetEvents(this.eventsAddress, made)
    for (let at = 0; at < ended * EVENT.words; at += EVENT.words) {
      const result = events[at + EVENT.result] ?? BROKEN
      results[events[at + EVENT.index] ?? 0] = result >= 0 ? result : result === -EAGAIN || result === -EINTR ? 0 : BROKEN
    }
    return made
  }

  /** How many bytes the kernel took of a write that was made: 0 when it takes none now, -1 when the connection is broken. */
  taken(index: number): number {
    return this.results[index] ?? BROKEN
  }

  /** A frame goes to many sockets in a row: its address is asked for once. */
  private locate(bytes: Uint8Array): void {
    const address = this.address(bytes)
    this.bytesBefore = bytes
    this.addressLow = Number(BigInt.asIntN(32, address))
    this.addressHigh = Number(address >> 32n)
  }
}

const bytesOf = ({ buffer }: Int32Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>): Uint8Array => new Uint8Array(buffer)
