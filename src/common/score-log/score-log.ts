import { IdTable, type Refusal } from './id-table.js'

export interface ScoreLogOptions {
  /** How many updates the ring holds. 4 bytes each. */
  readonly capacity: number
  /** How many different ids may be alive in the ring. */
  readonly maxIds: number
  /** The position to start from. Default 0. */
  readonly start?: number
}

/**
 * The one bounded log of score updates: a ring of indexes into a table of ids (docs/architecture.md, "One log, many cursors").
 * A position counts updates; position p stands after the p-th. A cursor is a position, and what it has still to get is `(cursor, position]`.
 * Summarizer alone appends.
 */
export class ScoreLog {
  readonly capacity: number
  readonly ids: IdTable
  private readonly ring: Uint32Array
  private end: number
  private length = 0

  constructor({ capacity, maxIds, start = 0 }: ScoreLogOptions) {
    this.capacity = capacity
    this.ring = new Uint32Array(capacity)
    this.ids = new IdTable(maxIds)
    this.end = start
  }

  /** The position after the newest update. */
  get position(): number {
    return this.end
  }

  /** The lowest cursor that can still be served; what a lower one would need has been overwritten. */
  get oldest(): number {
    return this.end - this.length
  }

  /** Appends one update, over the oldest one when the ring is full. Returns null, or why the update was refused. */
  append(id: Uint8Array): Refusal | null {
    const index = this.ids.acquire(id)
    if (typeof index !== 'number') return index
    this.push(index)
    return null
  }

  /** The id index of the update that leads from `position - 1` to `position`, for `oldest < position <= this.position`. */
  indexAt(position: number): number {
    return this.ring[(position - 1) % this.capacity] ?? 0
  }

  /** The bytes of the id of the update that leads to `position`, for `oldest < position <= this.position`. */
  idAt(position: number): Uint8Array {
    return this.ids.id(this.indexAt(position))
  }

  bytesBetween(from: number, to: number): number {
    let bytes = 0
    for (let position = from + 1; position <= to; position++) bytes += this.idAt(position).length
    return bytes
  }

  /** Appends an index that was acquired. */
  protected push(index: number): void {
    const place = this.end % this.capacity
    if (this.length === this.capacity) this.ids.release(this.ring[place] ?? 0)
    else this.length++
    this.ring[place] = index
    this.end++
  }
}
