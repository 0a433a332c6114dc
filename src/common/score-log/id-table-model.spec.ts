import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdTable } from './id-table.js'

interface Entry {
  readonly index: number
  uses: number
}

/** The plainest model of the table. */
class Model {
  readonly entries = new Map<string, Entry>()

  constructor(private readonly maxIds: number) {}

  acquired(id: string, given: number | null): void {
    const entry = this.entries.get(id)
    if (entry !== undefined) {
      entry.uses++
      expect(given).toBe(entry.index)
    } else if (this.entries.size === this.maxIds) expect(given).toBe(null)
    else {
      expect([...this.entries.values()].map(({ index }) => index)).not.toContain(given)
      expect(given).toBeGreaterThanOrEqual(0)
      expect(given).toBeLessThan(this.maxIds)
      this.entries.set(id, { index: given ?? -1, uses: 1 })
    }
  }

  released(id: string, entry: Entry): void {
    if (--entry.uses === 0) this.entries.delete(id)
  }
}

/** The index of the id; null for a new one where the table is full. */
function acquire(table: IdTable, id: string): number | null {
  const known = table.acquire(Buffer.from(id))
  if (known !== -1) return known
  return table.isFull ? null : table.insert(Buffer.from(id))
}

describe('IdTable', () => {
  it('agrees with a plain map over any sequence of uses and releases', () => {
    const ids = Array.from({ length: 40 }, (_, i) => `id-${i}`)
    const steps = fc.array(fc.record({ id: fc.constantFrom(...ids), isRelease: fc.boolean() }), {
      minLength: 50,
      maxLength: 400,
      size: 'max',
    })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), steps, (maxIds, seed, sequence) => {
        const table = new IdTable(maxIds, seed)
        const model = new Model(maxIds)
        for (const { id, isRelease } of sequence) {
          const entry = model.entries.get(id)
          if (isRelease && entry !== undefined) {
            table.release(entry.index)
            model.released(id, entry)
          } else model.acquired(id, acquire(table, id))
          expect(table.size).toBe(model.entries.size)
        }
        for (const [id, { index }] of model.entries) {
          expect(Buffer.from(table.id(index)).toString()).toBe(id)
          expect(Buffer.from(table.jsonKey(index)).toString()).toBe(`"${id}":`)
          expect(table.acquire(Buffer.from(id))).toBe(index)
        }
      }),
    )
  })
})
