import { describe, expect, it } from 'vitest'
import { Totals } from './totals.js'

describe('Totals', () => {
  it('adds frames up', () => {
    const totals = new Totals()
    totals.add('{"1F602":2,"2665":1}')
    totals.add('{"1F602":3}')
    expect(Object.fromEntries(totals.entries())).toEqual({ '1F602': 5, '2665': 1 })
    expect([totals.get('1F602'), totals.get('none'), totals.sum]).toEqual([5, 0, 6])
  })

  it('counts on from a snapshot, which replaces all counts', () => {
    const totals = new Totals()
    totals.add('{"a":1,"b":1}')
    totals.seed({ a: 10, c: 5 })
    totals.add('{"a":1}')
    expect(Object.fromEntries(totals.entries())).toEqual({ a: 11, c: 5 })
    expect(totals.sum).toBe(16)
  })

  it('tells every rise', () => {
    const rises: unknown[] = []
    const totals = new Totals((...rise) => rises.push(rise))
    totals.seed({ a: 10 })
    totals.add('{"a":2,"b":1}')
    expect(rises).toEqual([
      ['a', 12, 2],
      ['b', 1, 1],
    ])
  })

  it('raises counts to totals, and leaves those that are higher', () => {
    const rises: unknown[] = []
    const totals = new Totals((...rise) => rises.push(rise))
    totals.seed({ a: 10, b: 5 })
    totals.raise({ a: 12, b: 4, c: 1, d: 0 })
    expect(totals.toJSON()).toEqual({ a: 12, b: 5, c: 1 })
    expect([totals.sum, rises]).toEqual([
      18,
      [
        ['a', 12, 2],
        ['c', 1, 1],
      ],
    ])
  })

  it('reports a snapshot, and gives its counts to another one', () => {
    const sums: number[] = []
    const totals: Totals = new Totals(undefined, () => sums.push(totals.sum))
    totals.seed(JSON.parse('{"a":1,"__proto__":2}'))
    const other = new Totals()
    other.seed(totals.toJSON())
    expect([sums, other.get('__proto__'), JSON.stringify(other)]).toEqual([[3], 2, '{"a":1,"__proto__":2}'])
  })

  it('takes any id', () => {
    const totals = new Totals()
    totals.add('{"__proto__":1,"constructor":2}')
    expect([totals.get('__proto__'), totals.get('constructor'), totals.get('toString')]).toEqual([1, 2, 0])
  })

  it('refuses what is no JSON', () => {
    expect(() => new Totals().add('1F602')).toThrow(SyntaxError)
  })
})
