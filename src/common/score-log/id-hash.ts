import { MAX_ID_BYTES } from '../core/id-fault.js'
import { seededRandom } from '../core/seeded-random.js'

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
