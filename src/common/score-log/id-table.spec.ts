import { describe, expect, it } from 'vitest'
import { IdTable } from './id-table.js'

const bytes = (text: string) => new Uint8Array(Buffer.from(text))

function acquire(table: IdTable, text: string): number {
  const index = table.acquire(bytes(text))
  if (typeof index !== 'number') throw new Error(`${text} was refused: ${index}`)
  return index
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
    expect(table.acquire(bytes('b'))).toBe('table-full')
    table.release(index)
    expect(table.size).toBe(0)
    expect(acquire(table, 'b')).toBe(index)
    expect(table.id(index)).toEqual(bytes('b'))
    expect(table.jsonKey(index).toString()).toBe('"b":')
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
    expect(table.acquire(bytes('c'))).toBe('table-full')
    expect(acquire(table, 'a')).toBe(a)
    expect(table.size).toBe(2)
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['too-long', Buffer.alloc(129, 'x')],
    ['control-character', Buffer.from('a\nb')],
    ['invalid-utf8', Buffer.from([0xed, 0xa0, 0xbd])],
  ])('refuses an id: %s', (fault, id) => {
    const table = new IdTable(16)
    expect(table.acquire(id)).toBe(fault)
    expect(table.size).toBe(0)
  })

  // The table hashes by 32-bit FNV-1a, under which these are the same.
  it.each([
    ['costarring', 'liquid'],
    ['declinate', 'macallums'],
    ['altarage', 'zinke'],
  ])('tells %s from %s, whose hashes collide', (one, other) => {
    const table = new IdTable(16)
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
    const index = table.acquire(id)
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
      const key = table.jsonKey(acquire(table, id)).toString()
      expect(Object.entries(JSON.parse(`{${key}1}`))).toEqual([[id, 1]])
    },
  )

  it('throws on an index that it never gave out', () => {
    expect(() => new IdTable(16).id(0)).toThrow(RangeError)
  })
})
