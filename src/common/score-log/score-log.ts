import { idFault } from '../core/namespace.js'
import type { DiscardReason } from '../stats/reasons.js'
import { IdTable } from './id-table.js'

export interface ScoreLogOptions {
  /** How many updates the ring holds. 4 bytes each. */
  readonly capacity: number
  /** How many different ids may be alive in the ring. */
  readonly maxIds: number
  /** The position to start from. Default 0. */
  readonly start?: number
  /** Seeds the hash of the ids: a secret number where ids come from outside. Default 0. */
  readonly seed?: number
  /** How many new ids are taken between two seals. Default MAX_NEW_IDS. */
  readonly maxNewIds?: number
}

/**
 * How many ids that the ring doesn't hold are taken between two flushes: more than the server can read in that time, so that it takes a
 * burst of ids that come once to reach it. To append and to encode so many took 3 ms, and 28 ms where nothing was compiled yet
 * (Node 20, 2 busy cores).
 */
export const MAX_NEW_IDS = 2048

/** How many updates retire at most between two flushes, so that no turn of the event loop takes long: 10 ms, on 2 busy cores. */
const MAX_RETIRED = 2 ** 19

/** After how many places of the ring the sum of the bytes is kept once more. */
const BYTES_SPAN = 64

/**
 * The one bounded log of score updates: a ring of indexes into a table of ids (docs/architecture.md, "One log, many cursors"). A position
 * counts updates; position p stands after the p-th. A cursor is a position, and `(cursor, position]` are the updates that it has still to
 * get. The ring ages by appends, which overwrite the oldest update of a full ring, and by need: a new id that finds the table full retires
 * the oldest updates until an index is free. Updates that came after the last seal never retire, so that a subscriber that keeps up never
 * loses its cursor to it. Summarizer alone appends.
 */
export class ScoreLog {
  readonly capacity: number
  readonly ids: IdTable
  /** The position of the last seal. */
  protected sealed: number
  private readonly ring: Uint32Array
  private readonly maxNewIds: number
  /** New ids since the last seal. */
  private newIds = 0
  /** The position up to which updates may retire before the next seal. */
  private retirable: number
  /** The place of the ring for the next update: a small integer however many updates there were, so that an append costs no more. */
  private head: number
  /** The position after which the ring began again at its first place. */
  private lapStart: number
  private length = 0
  /** The bytes of all ids up to `position`. */
  private bytes = 0
  /** The bytes of all ids before the update at each BYTES_SPAN-th place of the ring. */
  private readonly bytesBefore: Float64Array

  constructor({ capacity, maxIds, start = 0, seed = 0, maxNewIds = MAX_NEW_IDS }: ScoreLogOptions) {
    this.capacity = capacity
    this.ring = new Uint32Array(capacity)
    this.bytesBefore = new Float64Array(Math.ceil(capacity / BYTES_SPAN))
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

  /** The lowest cursor that can still be served; updates that a lower one needs have been overwritten or have retired. */
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

  /** Marks a flush: updates that were appended up to now may retire, and as many new ids as before are taken again. */
  seal(): void {
    this.sealed = this.position
    this.retirable = Math.min(this.position, this.oldest + MAX_RETIRED)
    this.newIds = 0
  }

  /** The id index of the update that leads from `position - 1` to `position`, for `oldest < position <= this.position`. */
  indexAt(position: number): number {
    return this.ring[this.placeOf(position)] ?? 0
  }

  /** The id of the update that leads from `position - 1` to `position`, for `oldest < position <= this.position`. Not to be changed. */
  idAt(position: number): Uint8Array {
    return this.ids.id(this.indexAt(position))
  }

  /**
   * How many bytes the ids of the updates of `(from, to]` have, exactly, for `oldest <= from <= to <= position`. Looks at fewer than 128
   * updates.
   */
  bytesBetween(from: number, to: number): number {
    return this.bytesUpTo(to) - this.bytesUpTo(from)
  }

  /** The index of the id, with one use more; or why it was discarded. Only an id that isn't in the table is checked. */
  protected acquire(id: Uint8Array): number | DiscardReason {
    const known = this.ids.acquire(id)
    if (known !== -1) return known
    const fault = idFault(id)
    if (fault !== null) return fault
    if (this.newIds >= this.maxNewIds || !this.makeRoom()) return 'too-many-new'
    this.newIds++
    return this.ids.insert(id)
  }

  /** The place of the ring with the update that leads from `position - 1` to `position`, for `oldest < position <= this.position`. */
  protected placeOf(position: number): number {
    const place = (position - 1 - this.lapStart) | 0
    return place < 0 ? place + this.capacity : place
  }

  /** Appends an index that was acquired, of an id of so many bytes. */
  protected push(index: number, bytes: number): void {
    const place = this.head
    if (this.length === this.capacity) this.ids.release(this.ring[place] ?? 0)
    else this.length++
    this.ring[place] = index
    if (place % BYTES_SPAN === 0) this.bytesBefore[place / BYTES_SPAN] = this.bytes
    this.bytes += bytes
    if (++this.head < this.capacity) return
    this.head = 0
    this.lapStart += this.capacity
  }

  /** Retires the oldest updates while the table is full. Returns false where it stays so: nothing more may retire before the next seal. */
  private makeRoom(): boolean {
    while (this.ids.isFull && this.oldest < this.retirable) {
      this.ids.release(this.indexAt(this.oldest + 1))
      this.length--
    }
    // Without an update since the seal no flush comes, and no seal: the next new id goes on from here.
    if (this.position === this.sealed) this.retirable = Math.min(this.position, this.oldest + MAX_RETIRED)
    return !this.ids.isFull
  }

  /** Counts down from the next sum that was kept. */
  private bytesUpTo(position: number): number {
    const { position: newest } = this
    const place = this.placeOf(position + 1)
    const next = Math.min(Math.ceil(place / BYTES_SPAN) * BYTES_SPAN, this.capacity)
    const end = Math.min(position + next - place, newest)
    let bytes = end === newest ? this.bytes : (this.bytesBefore[(next % this.capacity) / BYTES_SPAN] ?? 0)
    for (let at = end; at > position; at--) bytes -= this.idAt(at).length
    return bytes
  }
}
