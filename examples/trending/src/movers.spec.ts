import { beforeEach, describe, expect, it } from 'vitest'
import { Movers, WINDOW_S } from './movers.js'

const START_S = 1_000

describe('Movers', () => {
  let movers: Movers

  beforeEach(() => {
    movers = new Movers(3, START_S)
  })

  function add(id: string, count: number, atS: number): void {
    for (let i = 0; i < count; i++) movers.add(id, atS)
  }

  it('ranks by the rise against the minute before, not by the count', () => {
    add('loud', 100, START_S)
    add('risen', 1, START_S)
    add('loud', 101, START_S + WINDOW_S)
    add('risen', 10, START_S + WINDOW_S)
    expect(movers.top(10, START_S + WINDOW_S + 1)).toEqual([
      { id: 'risen', count: 10, before: 1, rise: 9 },
      { id: 'loud', count: 101, before: 100, rise: 1 },
    ])
  })

  it('leaves out ids that did not rise, and returns at most the requested number', () => {
    add('same', 2, START_S)
    add('same', 2, START_S + WINDOW_S)
    add('first', 3, START_S + WINDOW_S)
    add('second', 1, START_S + WINDOW_S)
    expect(movers.top(10, START_S + WINDOW_S + 1).map(({ id }) => id)).toEqual(['first', 'second'])
    expect(movers.top(1, START_S + WINDOW_S + 1).map(({ id }) => id)).toEqual(['first'])
  })

  it('orders equal rises by count, then by id', () => {
    add('c', 1, START_S)
    add('c', 2, START_S + WINDOW_S)
    add('b', 1, START_S + WINDOW_S)
    add('a', 1, START_S + WINDOW_S)
    expect(movers.top(10, START_S + WINDOW_S + 1).map(({ id }) => id)).toEqual(['c', 'a', 'b'])
  })

  it('counts whole seconds only: the running one not yet, that of a minute ago still', () => {
    add('id', 1, START_S)
    expect(movers.top(10, START_S)).toEqual([])
    expect(movers.top(10, START_S + 1)).toEqual([{ id: 'id', count: 1, before: 0, rise: 1 }])
    expect(movers.top(10, START_S + WINDOW_S)).toMatchObject([{ count: 1, before: 0 }])
    expect(movers.top(10, START_S + WINDOW_S + 1)).toEqual([])
  })

  it('compares with the minute before to its last second, and forgets older seconds', () => {
    add('id', 1, START_S)
    add('id', 2, START_S + 2 * WINDOW_S - 1)
    expect(movers.top(10, START_S + 2 * WINDOW_S)).toMatchObject([{ count: 2, before: 1 }])
    expect(movers.top(10, START_S + 2 * WINDOW_S + 1)).toMatchObject([{ count: 2, before: 0 }])
  })

  it('starts again from zero after a silence of any length', () => {
    add('id', 5, START_S)
    add('id', 1, START_S + 1_000_000)
    expect(movers.top(10, START_S + 1_000_001)).toEqual([{ id: 'id', count: 1, before: 0, rise: 1 }])
  })

  it('holds so many ids at a time, counts the updates of others as ignored, and makes room after two minutes', () => {
    for (const id of ['a', 'b', 'c']) add(id, 1, START_S)
    add('d', 2, START_S + 2 * WINDOW_S)
    expect(movers.ignored).toBe(2)
    expect(movers.top(10, START_S + 1 + WINDOW_S)).toEqual([])
    add('d', 1, START_S + 2 * WINDOW_S + 1)
    expect(movers.ignored).toBe(2)
    expect(movers.top(10, START_S + 2 * WINDOW_S + 2)).toEqual([{ id: 'd', count: 1, before: 0, rise: 1 }])
  })

  it('agrees with a count by hand over random updates', () => {
    const model: { id: string; atS: number }[] = []
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    for (let atS = START_S; atS < START_S + 400; atS += random(3)) {
      const id = ['a', 'b', 'c'][random(3)] ?? 'a'
      movers.add(id, atS)
      model.push({ id, atS })
      const count = (each: string, fromS: number) =>
        model.filter((update) => update.id === each && update.atS >= fromS && update.atS < fromS + WINDOW_S).length
      const expected = ['a', 'b', 'c']
        .map((each) => ({ id: each, count: count(each, atS - WINDOW_S), before: count(each, atS - 2 * WINDOW_S) }))
        .filter((each) => each.count > each.before)
      const found = movers.top(3, atS).map(({ rise, ...rest }) => rest)
      expect(found.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(expected)
    }
    expect(movers.ignored).toBe(0)
  })
})
