import { beforeEach, describe, expect, it } from 'vitest'
import { Counts } from './counts.js'

describe('Counts', () => {
  let rises: (readonly [id: string, rise: number])[]
  let counts: Counts

  beforeEach(() => {
    rises = []
    counts = new Counts((id, rise) => rises.push([id, rise]))
  })

  it('count from zero where nothing else is known, whatever the id', () => {
    expect([counts.of('a'), counts.sum]).toEqual([0, 0])
    counts.add('{"a":2,"b":1}')
    counts.add('{"a":3,"__proto__":1}')
    expect([counts.of('a'), counts.of('b'), counts.of('__proto__'), counts.sum, counts.received]).toEqual([5, 1, 1, 7, 7])
    expect(rises).toEqual([
      ['a', 2],
      ['b', 1],
      ['a', 3],
      ['__proto__', 1],
    ])
  })

  it('begin with a snapshot, and add what came since it was asked for', () => {
    counts.ask()
    counts.add('{"a":2}')
    counts.take(
      new Map([
        ['a', 100],
        ['b', 7],
        ['__proto__', 1],
      ]),
    )
    expect(Object.fromEntries(counts.entries())).toEqual(JSON.parse('{"a":102,"b":7,"__proto__":1}'))
    expect([counts.sum, counts.received]).toEqual([110, 2])
    counts.add('{"a":1}')
    expect(counts.of('a')).toBe(103)
  })

  it('do not count again what a later snapshot holds already', () => {
    counts.ask()
    counts.take(new Map([['a', 100]]))
    counts.add('{"a":5}')
    counts.ask()
    counts.take(new Map([['a', 108]]))
    expect([counts.of('a'), counts.sum, counts.received]).toEqual([108, 108, 5])
  })

  it('forget the ids that a later snapshot has no longer', () => {
    counts.take(
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    )
    counts.take(new Map([['b', 1]]))
    expect([counts.of('a'), counts.sum]).toEqual([0, 1])
  })
})
