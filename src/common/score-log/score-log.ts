import { idFault } from '../core/namespace.js'
import type { DiscardReason } from '../stats/reasons.js'
import { ByteSums } from './byte-sums.js'
import { IdTable } from './id-table.js'

export interface ScoreLogOptions {
  /** How many updates the ring holds. 4 bytes each. */
  readonly capacity: number
  /** How many different ids may be alive in the ring. */
  readonly maxIds: number
  /** Default 0. */
  readonly start?: number
  /** Seeds the hash of the ids: a secret number where ids come from outside. Default 0. */
  readonly seed?: number
  /** How many new ids are taken between two seals. Default MAX_NEW_IDS. */
  readonly maxNewIds?: number
}

/**
 * How many ids that the ring doesn't hold are taken between two flushes: a burst of ids that come once reaches it. To append and to encode
 * so many took 3 ms, and 28 ms where nothing was compiled yet (Node 20, 2 busy cores).
 */
export const MAX_NEW_IDS = 2048

/** How many entries retire at most between two flushes: 10 ms, on 2 busy cores. */
const MAX_RETIRED = 2 ** 19

/** The maximum weight of an entry that `add` makes. */
export const MAX_WEIGHT = 0xffff_ffff
/** The bits of a place of the ring: the index of an id, and the kind of its entry. */
const INDEX = 0x3fff_ffff
const WEIGHTED = 0x8000_0000
const HEALED = 0x4000_0000

/**
 * A bounded log of score updates: a ring of indexes into a table of ids (docs/architecture.md, "One log, many cursors"). A position counts
 * entries; position p is after the p-th. A cursor is a position, and `(cursor, position]` are the entries that it has still to get. An
 * entry is one update, or has a weight: increments that are added up before a seal, or updates that were missed and are healed. The ring
 * ages by appends, which overwrite the oldest entry of a full ring, and by need: a new id that finds the table full retires the oldest
 * entries until an index is free. Entries that came after the last seal never retire, so that a subscriber that keeps up never loses its
 * cursor to it. Summarizer alone appends to the log of the scores; the increments of each plug-in have a log of their own.
 */
export class ScoreLog {
  readonly capacity: number
  readonly ids: IdTable
  /** The position of the last seal. */
  private sealed: number
  private readonly ring: Uint32Array
  private readonly maxNewIds: number
  private newIds = 0
  /** Up to where entries may retire before the next seal. */
  private retirable: number
  /** The place of the ring for the next entry: a small integer however many there were, so that an append costs no more. */
  private head: number
  /** The position at which the ring began again. */
  private lapStart: number
  private length = 0
  private readonly bytes: ByteSums
  /** The weight at each place that has one; null before the first weight. */
  private weights: Float64Array | null = null
  /** Index of an id → the position of the entry that `add` made last; null before the first. */
  private lastAdded: Float64Array | null = null

  constructor({ capacity, maxIds, start = 0, seed = 0, maxNewIds = MAX_NEW_IDS }: ScoreLogOptions) {
    this.capacity = capacity
    this.ring = new Uint32Array(capacity)
    this.bytes = new ByteSums(capacity)
    this.ids = new IdTable(maxIds, seed)
    this.maxNewIds = maxNewIds
    this.head = start % capacity
    this.lapStart = start - this.head
    this.sealed = start
    this.retirable = start
  }

  /** The position after the newest update. */
  get position(): number {
    return this.lapStart + this.head
  }

  /** The lowest cursor that can still be served. */
  get oldest(): number {
    return this.position - this.length
  }

  /** Appends one update, over the oldest one when the ring is full. Returns null, or why the update was discarded. */
  append(id: Uint8Array): DiscardReason | null {
    const index = this.acquire(id)
    if (typeof index !== 'number') return index
    this.push(index, id.length)
    return null
  }

  /** Adds 1 to MAX_WEIGHT to the entry that the id has since the last seal, past which no cursor may be. Returns null, or a reason. */
  add(id: Uint8Array, weight: number): DiscardReason | null {
    const index = this.acquire(id)
    if (typeof index !== 'number') return index
    this.lastAdded ??= new Float64Array(this.ids.maxIds)
    const last = this.lastAdded[index] ?? 0
    const isOpen = last > this.sealed && last > this.oldest
    const sum = weight + (isOpen ? this.weightAt(last) : 0)
    if (isOpen && sum <= MAX_WEIGHT) {
      this.ids.release(index)
      this.weigh(this.placeOf(last), sum)
      return null
    }
    this.push(index, id.length, weight)
    this.lastAdded[index] = this.position
    return null
  }

  /** Appends updates that were missed as one entry, which sums contain, and raw passes over. Returns null, or why it was discarded. */
  heal(id: Uint8Array, amount: number): DiscardReason | null {
    const index = this.acquire(id)
    if (typeof index !== 'number') return index
    this.push(index | HEALED, id.length, amount)
    return null
  }

  /** Marks a flush: updates that were appended up to now may retire, and as many new ids as before are taken again. */
  seal(): void {
    this.sealed = this.position
    this.retirable = Math.min(this.position, this.oldest + MAX_RETIRED)
    this.newIds = 0
  }

  /** The id index of the entry that leads from `position - 1` to `position`, for `oldest < position <= this.position`. */
  indexAt(position: number): number {
    return (this.ring[this.placeOf(position)] ?? 0) & INDEX
  }

  /** The number of updates in that entry. */
  weightAt(position: number): number {
    const place = this.placeOf(position)
    return (this.ring[place] ?? 0) < WEIGHTED ? 1 : (this.weights?.[place] ?? 1)
  }

  /** True where that entry was healed. */
  isHealedAt(position: number): boolean {
    return ((this.ring[this.placeOf(position)] ?? 0) & HEALED) !== 0
  }

  /** The id of the entry that leads from `position - 1` to `position`, for `oldest < position <= this.position`. Not to be changed. */
  idAt(position: number): Uint8Array {
    return this.ids.id(this.indexAt(position))
  }

  /** The bytes of the ids of `(from, to]`, for `oldest <= from <= to <= position`. Looks at fewer than 128 entries. */
  bytesBetween(from: number, to: number): number {
    return this.bytes.upTo(this, to, this.placeOf(to + 1)) - this.bytes.upTo(this, from, this.placeOf(from + 1))
  }

  /** The index of the id, with one use more; or why it was discarded. Only an id that isn't in the table is checked. */
  private acquire(id: Uint8Array): number | DiscardReason {
    const known = this.ids.acquire(id)
    if (known !== -1) return known
    const fault = idFault(id)
    if (fault !== null) return fault
    if (this.newIds >= this.maxNewIds || !this.makeRoom()) return 'too-many-new'
    this.newIds++
    return this.ids.insert(id)
  }

  /** The place of the ring with the update that leads from `position - 1` to `position`, for `oldest < position <= this.position`. */
  private placeOf(position: number): number {
    const place = (position - 1 - this.lapStart) | 0
    return place < 0 ? place + this.capacity : place
  }

  private weigh(place: number, weight: number): void {
    this.weights ??= new Float64Array(this.capacity)
    this.weights[place] = weight
    this.ring[place] = (this.ring[place] ?? 0) | WEIGHTED
  }

  /** Appends an index that was acquired, with its bits, of an id of so many bytes. */
  private push(entry: number, bytes: number, weight = 1): void {
    const place = this.head
    if (this.length === this.capacity) this.ids.release((this.ring[place] ?? 0) & INDEX)
    else this.length++
    this.ring[place] = entry
    if (weight !== 1) this.weigh(place, weight)
    this.bytes.append(place, bytes)
    if (++this.head < this.capacity) return
    this.head = 0
    this.lapStart += this.capacity
  }

  /** Retires the oldest entries while the table is full. Returns false where it stays so: nothing more may retire before the next seal. */
  private makeRoom(): boolean {
    while (this.ids.isFull && this.oldest < this.retirable) {
      this.ids.release(this.indexAt(this.oldest + 1))
      this.length--
    }
    // Without an update since the seal no flush comes, and no seal: the next new id goes on from here.
    if (this.position === this.sealed) this.retirable = Math.min(this.position, this.oldest + MAX_RETIRED)
    return !this.ids.isFull
  }
}
