import { type IdFault, idFault } from '../core/id-fault.js'

/** Why an update was not taken. */
export type Refusal = IdFault | 'table-full'

interface Entry {
  readonly id: Uint8Array
  readonly hash: number
  /** `"<id>":` in JSON: escaped once per id, not once per flush. */
  readonly jsonKey: Buffer
  /** How many places of the ring hold this entry; 0 means that it can be given to another id. */
  uses: number
  /** The next entry of the same bucket, -1 at the end. */
  next: number
}

/**
 * Ids ↔ small integers, the indexes that the ring holds. Looks ids up by their bytes, so that no string is made per update.
 * Bounded: at most `maxIds` ids of at most 128 bytes; an index whose last use was released is given to another id.
 */
export class IdTable {
  private readonly entries: Entry[] = []
  private readonly free: number[] = []
  private readonly buckets: Int32Array
  private readonly mask: number

  constructor(readonly maxIds: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, maxIds)))
    this.buckets = new Int32Array(size).fill(-1)
    this.mask = size - 1
  }

  /** How many ids are alive. */
  get size(): number {
    return this.entries.length - this.free.length
  }

  /** The index of the id, with one use more; or why it was refused. Only an id that isn't in the table is checked. */
  acquire(id: Uint8Array): number | Refusal {
    const hash = hashOf(id)
    for (let index = this.buckets[hash & this.mask] ?? -1; index !== -1; ) {
      const entry = this.at(index)
      if (entry.hash === hash && equal(entry.id, id)) {
        entry.uses++
        return index
      }
      index = entry.next
    }
    return idFault(id) ?? this.insert(id, hash)
  }

  /** Takes one use back. */
  release(index: number): void {
    const entry = this.at(index)
    if (--entry.uses > 0) return
    this.unlink(index, entry)
    this.free.push(index)
  }

  id(index: number): Uint8Array {
    return this.at(index).id
  }

  jsonKey(index: number): Buffer {
    return this.at(index).jsonKey
  }

  private insert(bytes: Uint8Array, hash: number): number | Refusal {
    const index = this.free.pop() ?? this.entries.length
    if (index >= this.maxIds) return 'table-full'
    // A copy: the bytes that came are a window into the socket's read buffer, which they would keep alive.
    const id = new Uint8Array(bytes)
    const jsonKey = Buffer.from(`${JSON.stringify(Buffer.from(id).toString())}:`)
    const bucket = hash & this.mask
    this.entries[index] = { id, hash, jsonKey, uses: 1, next: this.buckets[bucket] ?? -1 }
    this.buckets[bucket] = index
    return index
  }

  private unlink(index: number, entry: Entry): void {
    const bucket = entry.hash & this.mask
    let before = this.buckets[bucket] ?? -1
    if (before === index) {
      this.buckets[bucket] = entry.next
      return
    }
    while (this.at(before).next !== index) before = this.at(before).next
    this.at(before).next = entry.next
  }

  private at(index: number): Entry {
    const entry = this.entries[index]
    if (entry === undefined) throw new RangeError(`id table: no entry ${index}`)
    return entry
  }
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return hash >>> 0
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
