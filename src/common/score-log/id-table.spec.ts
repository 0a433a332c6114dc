import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idFault } from '../core/namespace.js'
import { IdHash, IdTable, jsonKey } from './id-table.js'

const bytes = (text: string) => new Uint8Array(Buffer.from(text))

/** As the log does: looks the id up, and adds it where the table doesn't hold it. */
function acquire(table: IdTable, text: string): number {
  const known = table.acquire(bytes(text))
  return known === -1 ? table.insert(bytes(text)) : known
}

describe('IdTable', () => {
  it('gives the same id the same index, and another id another', () => {
    const table = new IdTable(16)
    const a = acquire(table, 'a')
    const b = acquire(table, 'b')
    expect(acquire(table, 'a')).toBe(a)
    expect(b).not.toBe(a)
    expect(table.size).toBe(2)
    expect([table.id(a), table.id(b)]).toEqual([bytes('a'), bytes('b')])
  })

  it('keeps an id until its last use is released', () => {
    const table = new IdTable(1)
    const index = acquire(table, 'a')
    acquire(table, 'a')
    table.release(index)
    expect([table.acquire(bytes('b')), table.isFull]).toEqual([-1, true])
    table.release(index)
    expect(table.size).toBe(0)
    expect(acquire(table, 'b')).toBe(index)
    expect(table.id(index)).toEqual(bytes('b'))
    expect(Buffer.from(table.jsonKey(index)).toString()).toBe('"b":')
  })

  it('does not know a released id any more', () => {
    const table = new IdTable(2)
    table.release(acquire(table, 'a'))
    const b = acquire(table, 'b')
    expect(acquire(table, 'a')).not.toBe(b)
    expect(table.size).toBe(2)
  })

  it('refuses a new id when it is full, and goes on taking those it knows', () => {
    const table = new IdTable(2)
    const a = acquire(table, 'a')
    acquire(table, 'b')
    expect(() => table.insert(bytes('c'))).toThrow('id table: no room for more than 2 ids')
    expect(acquire(table, 'a')).toBe(a)
    expect([table.size, table.isFull]).toEqual([2, true])
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['longer than any id', Buffer.alloc(129, 'x')],
  ])('does not look for an id that is %s', (_, id) => {
    const table = new IdTable(16)
    acquire(table, 'a')
    expect(table.acquire(id)).toBe(-1)
    expect(table.size).toBe(1)
  })

  it('tells ids apart that share a bucket, whichever goes first', () => {
    const ids = Array.from({ length: 64 }, (_, n) => `id-${n}`)
    for (const order of [ids, ids.toReversed()]) {
      const table = new IdTable(64)
      const indexes = new Map(ids.map((id) => [id, acquire(table, id)]))
      expect(new Set(indexes.values()).size).toBe(ids.length)
      for (const id of order) {
        table.release(indexes.get(id) ?? -1)
        indexes.delete(id)
        for (const [other, index] of indexes) {
          expect(acquire(table, other)).toBe(index)
          table.release(index)
        }
      }
      expect(table.size).toBe(0)
    }
  })

  // Under the seed 0 these have the same hash, all 32 bits of it.
  it.each([
    ['id-188754', 'id-1144403'],
    ['id-188750', 'id-1144443'],
    ['id-188744', 'id-1144503'],
  ])('tells %s from %s, whose hashes collide', (one, other) => {
    const hash = new IdHash(0)
    expect(hash.of(bytes(one))).toBe(hash.of(bytes(other)))
    const table = new IdTable(16, 0)
    const first = acquire(table, one)
    const second = acquire(table, other)
    expect(second).not.toBe(first)
    table.release(first)
    expect(acquire(table, other)).toBe(second)
    expect(acquire(table, one)).toBe(first)
  })

  it('copies the bytes that it was given', () => {
    const table = new IdTable(16)
    const id = bytes('abc')
    const index = table.insert(id)
    id.fill(0x78)
    expect(acquire(table, 'abc')).toBe(index)
    expect(table.id(acquire(table, 'abc'))).toEqual(bytes('abc'))
  })

  it('knows an id whatever kind of view its bytes come in', () => {
    const table = new IdTable(16)
    const index = acquire(table, 'abc')
    expect(table.acquire(Buffer.from('xxabcxx').subarray(2, 5))).toBe(index)
  })

  it.each(['__proto__', 'constructor', 'toString', '"', '\\', '\\"', '\\u0041', '😂', '\u{10ffff}', '\u2028', '</script>', '\ufeff1F602'])(
    'writes %j as a JSON key that reads as the same id',
    (id) => {
      const table = new IdTable(16)
      const key = Buffer.from(table.jsonKey(acquire(table, id))).toString()
      expect(Object.entries(JSON.parse(`{${key}1}`))).toEqual([[id, 1]])
    },
  )

  it('throws on an index that it never gave out', () => {
    expect(() => new IdTable(16).id(0)).toThrow(RangeError)
  })
})

it('writes any good id as JSON.stringify does', () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((each) => idFault(Buffer.from(each)) === null)
  const escaped = fc
    .array(fc.constantFrom('"', '\\', 'a', '😂', '/', '\u2028'), { minLength: 1, maxLength: 20 })
    .map((each) => each.join(''))
  fc.assert(
    fc.property(fc.oneof(id, escaped), (text) => {
      expect(Buffer.from(jsonKey(Buffer.from(text))).toString()).toBe(`${JSON.stringify(text)}:`)
    }),
  )
})
