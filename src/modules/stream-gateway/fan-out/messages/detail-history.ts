import type { MessagePosition } from '../../../../common/positions/positions.js'
import { type DetailPosition, isBefore } from './message-clock.js'

/** Memory for the bytes of entries is allocated in slabs of this size. */
const SLAB_BYTES = 65_536
/** Data of more bytes has memory of its own, so that little of a slab remains unused. */
const MAX_SHARED_BYTES = SLAB_BYTES / 8
/** The cost of an entry beside its data, rounded up. */
const ENTRY_BYTES = 160
/** The most entries, whatever the bound in bytes. */
const MAX_ENTRIES = 2 ** 18
/** Places of evicted entries are removed from the array when there are so many. */
const MAX_EMPTY_PLACES = 4096
const NO_ENTRY = -1

/** A detail of the history; or, with the id null, a gap in the details of all ids. */
export interface HistoryEntry {
  readonly id: string | null
  readonly position: DetailPosition
  /** Never changes. */
  readonly data: Uint8Array
}

interface Entry {
  readonly id: string | null
  readonly position: DetailPosition
  readonly memory: Buffer
  readonly start: number
  readonly length: number
  /** The number of the entry of the same id before it; `NO_ENTRY` for none. */
  readonly previous: number
}

export interface HistoryPart {
  /** The numbers of its entries, ascending. */
  readonly numbers: readonly number[]
  /** False where the history no longer holds all of them. */
  readonly isWhole: boolean
}

/**
 * The latest details of all ids in their order, for clients that resume. It holds copies of their data within a bound of bytes, in which
 * each entry counts `ENTRY_BYTES` more, and evicts the oldest ones beyond it.
 */
export class DetailHistory {
  /** By the number of an entry minus `base`; `oldest` is the number of the first one that is held. */
  private entries: (Entry | undefined)[] = []
  private base = 0
  private oldest = 0
  private readonly latest = new Map<string | null, number>()
  private bytes = 0
  private slab: Buffer | null = null
  private used = 0
  /** All details after this position are held. */
  private start: MessagePosition

  /** @param start the position from which details will be added */
  constructor(
    private readonly maxBytes: number,
    start: MessagePosition,
    private readonly maxEntries = MAX_ENTRIES,
  ) {
    this.start = start
  }

  /** How many entries it holds. */
  get size(): number {
    return this.next - this.oldest
  }

  /** The memory of its entries, in bytes. */
  get heldBytes(): number {
    return this.bytes
  }

  /** Adds an entry, whose position is not before that of any other. The data is copied. */
  add(id: string | null, data: Uint8Array, position: DetailPosition): void {
    const cost = costOf(id, data.length)
    while (this.size > 0 && (this.bytes + cost > this.maxBytes || this.size >= this.maxEntries)) this.evict()
    if (cost > this.maxBytes) {
      this.start = position
      return
    }
    const number = this.next
    const { length } = data
    const memory = this.memoryFor(length)
    const start = memory === this.slab ? this.used : 0
    if (memory === this.slab) this.used += length
    memory.set(data, start)
    this.entries.push({ id, position, memory, start, length, previous: this.latest.get(id) ?? NO_ENTRY })
    this.latest.set(id, number)
    this.bytes += cost
  }

  /**
   * The entries after a position.
   * @param ids the ids to choose; null for all. Gaps belong to every choice
   */
  after(position: MessagePosition, ids: ReadonlySet<string> | null): HistoryPart {
    const first = this.firstAfter(position)
    return {
      numbers: ids === null ? Array.from({ length: this.next - first }, (_, n) => first + n) : this.numbersOf(ids, first),
      isWhole: !isBefore(position, this.start),
    }
  }

  /** The entry with a number that `after` has returned, before anything is added. */
  entry(number: number): HistoryEntry {
    const { id, position, memory, start, length } = this.at(number)
    return { id, position, data: memory.subarray(start, start + length) }
  }

  private get next(): number {
    return this.base + this.entries.length
  }

  private at(number: number): Entry {
    const entry = this.entries[number - this.base]
    if (entry === undefined) throw new RangeError(`the history holds no entry ${number}`)
    return entry
  }

  private numbersOf(ids: ReadonlySet<string>, first: number): number[] {
    const numbers: number[] = []
    for (const id of [null, ...ids]) {
      let number = this.latest.get(id) ?? NO_ENTRY
      while (number >= first) {
        numbers.push(number)
        number = this.at(number).previous
      }
    }
    return numbers.sort((a, b) => a - b)
  }

  /** The number of the first entry after a position, by bisection. */
  private firstAfter(position: MessagePosition): number {
    let low = this.oldest
    let high = this.next
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (isBefore(position, this.at(middle).position)) high = middle
      else low = middle + 1
    }
    return low
  }

  private evict(): void {
    const { id, position, length } = this.at(this.oldest)
    this.entries[this.oldest - this.base] = undefined
    if (this.latest.get(id) === this.oldest) this.latest.delete(id)
    this.bytes -= costOf(id, length)
    this.start = position
    this.oldest++
    if (this.oldest - this.base < MAX_EMPTY_PLACES) return
    this.entries = this.entries.slice(this.oldest - this.base)
    this.base = this.oldest
  }

  private memoryFor(length: number): Buffer {
    if (length > MAX_SHARED_BYTES) return Buffer.allocUnsafeSlow(length)
    if (this.slab === null || this.used + length > SLAB_BYTES) {
      this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.used = 0
    }
    return this.slab
  }
}

/** The characters of an id take two bytes at most. */
const costOf = (id: string | null, length: number) => ENTRY_BYTES + 2 * (id?.length ?? 0) + length
