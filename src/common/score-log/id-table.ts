import { MAX_ID_BYTES } from '../core/namespace.js'
import { seededRandom } from '../core/seeded-random.js'

interface Entry {
  readonly id: Uint8Array
  readonly hash: number
  /** `"<id>":` in JSON: escaped once per id, not once per flush. Null until it is first asked for. */
  jsonKey: Uint8Array | null
  /** How many places of the ring hold this entry; 0 means that it can be given to another id. */
  uses: number
  /** The next entry of the same bucket, -1 at the end. */
  next: number
}

/**
 * Ids ↔ small integers, the indexes that the ring holds. Looks ids up by their bytes, so that no string is made per update.
 * Bounded: at most `maxIds` ids; an index whose last use was released is given to another id.
 */
export class IdTable {
  private readonly entries: Entry[] = []
  private readonly free: number[] = []
  private readonly buckets: Int32Array
  private readonly mask: number
  private readonly hash: IdHash

  /** @param seed a secret one where ids come from outside */
  constructor(
    readonly maxIds: number,
    seed = 0,
  ) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, maxIds)))
    this.buckets = new Int32Array(size).fill(-1)
    this.mask = size - 1
    this.hash = new IdHash(seed)
  }

  /** How many ids are alive. */
  get size(): number {
    return this.entries.length - this.free.length
  }

  get isFull(): boolean {
    return this.size >= this.maxIds
  }

  /** The index of the id, with one use more; -1 for an id that the table doesn't hold. */
  acquire(id: Uint8Array): number {
    // The length bounds the time that the hash takes.
    if (id.length === 0 || id.length > MAX_ID_BYTES) return -1
    const hash = this.hash.of(id)
    for (let index = this.buckets[hash & this.mask] ?? -1; index !== -1; ) {
      const entry = this.at(index)
      if (entry.hash === hash && equal(entry.id, id)) {
        entry.uses++
        return index
      }
      index = entry.next
    }
    return -1
  }

  /** Adds a good id that the table doesn't hold, while it isn't full, and returns its index, with one use. */
  insert(bytes: Uint8Array): number {
    if (this.isFull) throw new RangeError(`id table: no room for more than ${this.maxIds} ids`)
    const index = this.free.pop() ?? this.entries.length
    // A copy: the bytes that came are a window into the socket's read buffer, which they would keep alive.
    const id = new Uint8Array(bytes)
    const hash = this.hash.of(id)
    const bucket = hash & this.mask
    this.entries[index] = { id, hash, jsonKey: null, uses: 1, next: this.buckets[bucket] ?? -1 }
    this.buckets[bucket] = index
    return index
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

  jsonKey(index: number): Uint8Array {
    const entry = this.at(index)
    entry.jsonKey ??= jsonKey(entry.id)
    return entry.jsonKey
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

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const BYTE_VALUES = 256

/**
 * A hash of ids, 32 bits: simple tabulation. Each place of an id has a random word for each value of its byte, and the hash is the XOR of
 * the words of an id. Which ids collide depends on the words, so that nobody can prepare ids that collide under a secret seed. Not every
 * seeded hash has that: Murmur has ids that collide under every seed, and the low bits of FNV depend on those of its seed alone.
 */
export class IdHash {
  private readonly words = new Uint32Array(MAX_ID_BYTES * BYTE_VALUES)

  constructor(seed: number) {
    const random = seededRandom(seed)
    for (let i = 0; i < this.words.length; i++) this.words[i] = random() * 2 ** 32
  }

  /** The hash of an id of at most MAX_ID_BYTES. */
  of(id: Uint8Array): number {
    const { words } = this
    let hash = 0
    for (let i = 0; i < id.length; i++) hash ^= words[i * BYTE_VALUES + (id[i] ?? 0)] ?? 0
    return hash
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

const isEscaped = (byte: number) => byte === QUOTE || byte === BACKSLASH

/**
 * `"<id>":` in JSON and UTF-8, of a good id: without control characters, quotes and backslashes alone need an escape. No string is made.
 */
export function jsonKey(id: Uint8Array): Uint8Array {
  let length = id.length + '"":'.length
  for (let i = 0; i < id.length; i++) if (isEscaped(id[i] ?? 0)) length++
  const key = new Uint8Array(length)
  let at = 0
  key[at++] = QUOTE
  for (let i = 0; i < id.length; i++) {
    const byte = id[i] ?? 0
    if (isEscaped(byte)) key[at++] = BACKSLASH
    key[at++] = byte
  }
  key[at++] = QUOTE
  key[at] = COLON
  return key
}
