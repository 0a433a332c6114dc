import { describe, expect, it } from 'vitest'
import { IdHash } from './id-table.js'

/** Words that lead FNV-1a from its start to one state, then from there to another, and so on: whichever is taken of each pair. */
const WORDS = [
  ['7yzx', 'e6ad'],
  ['33zx', 'epad'],
  ['33zx', 'epad'],
  ['33zx', 'epad'],
  ['33zx', 'epad'],
  ['33zx', 'epad'],
  ['33zx', 'epad'],
  ['33zx', 'epad'],
  ['33zx', 'epad'],
] as const

/** FNV-1a, 32 bits. */
function fnv1a(id: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of id) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** 512 ids with one hash under FNV-1a. */
const collidingIds = () =>
  WORDS.reduce((ids, [one, other]) => ids.flatMap((id) => [id + one, id + other]), ['']).map((id) => Buffer.from(id))

/** How many of the ids share the fullest bucket of a table of 65,536. */
function longestChain(hashes: readonly number[]): number {
  const sizes = new Map<number, number>()
  for (const hash of hashes) sizes.set(hash & 0xffff, (sizes.get(hash & 0xffff) ?? 0) + 1)
  return Math.max(...sizes.values())
}

describe('IdHash', () => {
  it('spreads ids that all collide under FNV-1a, whatever the seed', () => {
    const ids = collidingIds()
    expect(longestChain(ids.map((id) => fnv1a(id)))).toBe(512)
    for (let seed = 0; seed < 20; seed++) {
      const hash = new IdHash(seed)
      expect(longestChain(ids.map((id) => hash.of(id)))).toBeLessThanOrEqual(5)
    }
  })

  it('has other collisions under another seed', () => {
    const ids = Array.from({ length: 200_000 }, (_, n) => Buffer.from(`id-${n}`))
    const hash = new IdHash(1)
    const bucket = ids.filter((id) => (hash.of(id) & 0xffff) === 7)
    expect(bucket.length).toBeGreaterThanOrEqual(2)
    for (let seed = 2; seed < 10; seed++) {
      const other = new IdHash(seed)
      expect(new Set(bucket.map((id) => other.of(id) & 0xffff)).size).toBeGreaterThan(bucket.length / 2)
    }
  })

  it('is the same for the same id and seed, in any kind of view', () => {
    const id = Buffer.from('xx1F602xx').subarray(2, 7)
    expect(new IdHash(3).of(id)).toBe(new IdHash(3).of(new Uint8Array(Buffer.from('1F602'))))
    expect(new IdHash(4).of(id)).not.toBe(new IdHash(3).of(id))
  })
})
