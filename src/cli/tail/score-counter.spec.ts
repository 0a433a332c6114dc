import { describe, expect, it } from 'vitest'
import { numbersOf, ScoreCounter, scoreForm } from './score-counter.js'

it.each([
  ['eps', false, 'increments'],
  ['eps', true, 'totals'],
  ['eps/2665', false, 'increments'],
  ['eps/2665', true, 'totals'],
  ['raw', false, 'id'],
  ['details/eps', false, null],
  ['epsilon', false, null],
] as const)('the events of %s, with totals: %s, have the form %s', (namespace, hasTotals, form) => {
  expect(scoreForm(namespace, hasTotals)).toBe(form)
})

describe('the numbers of an event', () => {
  it('are those of an object, in eps', () => {
    expect(numbersOf('increments', '{"2665":2,"__proto__":1}')).toEqual([
      ['2665', 2],
      ['__proto__', 1],
    ])
  })

  it('are one, in raw', () => {
    expect(numbersOf('id', '2665')).toEqual([['2665', 1]])
  })

  it.each(['', '{', 'null', '7', '"x"', '{"a":"1","b":1.5,"c":null}', '[]'])('are none in %s', (data) => {
    expect(numbersOf('increments', data)).toEqual([])
  })
})

describe('ScoreCounter', () => {
  it('has the highest counts first, and of equal ones the first', () => {
    const tally = new ScoreCounter(0)
    for (const [id, count] of [
      ['a', 1],
      ['b', 3],
      ['c', 1],
      ['a', 1],
      ['d', 2],
    ] as const)
      tally.add(id, count, 10)
    expect(tally.top(3, 10).map(({ id, count }) => [id, count])).toEqual([
      ['b', 3],
      ['a', 2],
      ['d', 2],
    ])
    expect(tally.total).toBe(8)
  })

  it('knows a steady rate soon, and follows a change', () => {
    const tally = new ScoreCounter(0)
    let nowMs = 0
    const run = (seconds: number, perTick: number) => {
      for (let i = 0; i < seconds * 10; i++) {
        nowMs += 100
        tally.add('a', perTick, nowMs)
      }
    }
    run(2, 4)
    expect(tally.perSecond(nowMs)).toBeGreaterThan(39)
    expect(tally.perSecond(nowMs)).toBeLessThan(42)
    run(30, 8)
    expect(tally.top(1, nowMs)[0]?.perSecond).toBeCloseTo(80, -1)
    expect(tally.perSecond(nowMs + 25_000)).toBeLessThan(1)
  })

  it('has no rate at the start', () => {
    const tally = new ScoreCounter(5)
    tally.add('a', 1, 5)
    expect(tally.perSecond(5)).toBe(0)
  })

  it('keeps 10,000 ids; others are in the total', () => {
    const tally = new ScoreCounter(0)
    for (let i = 0; i < 10_005; i++) tally.add(String(i), 1, 1)
    expect(tally.top(20_000, 1)).toHaveLength(10_000)
    expect(tally.total).toBe(10_005)
  })

  it('goes on from a snapshot, and does not count it as updates', () => {
    const tally = new ScoreCounter(0, 'increments')
    tally.take('message', '{"a":1}', 1)
    tally.take('snapshot', '{"a":50,"b":7}', 2)
    tally.take('message', '{"b":2,"c":1}', 3)
    expect(tally.top(9, 3).map(({ id, count }) => [id, count])).toEqual([
      ['a', 50],
      ['b', 9],
      ['c', 1],
    ])
    expect(tally.total).toBe(4)
  })

  it('counts what totals have risen by', () => {
    const tally = new ScoreCounter(0, 'totals')
    tally.take('snapshot', '{"a":50,"b":7}', 1)
    for (const data of ['{"b":9}', '{"b":9}', '{"a":51,"new":2}']) tally.take('message', data, 2)
    expect(tally.top(9, 2).map(({ id, count }) => [id, count])).toEqual([
      ['a', 51],
      ['b', 9],
      ['new', 2],
    ])
    expect(tally.total).toBe(5)
    expect(tally.top(9, 2)[0]?.perSecond).toBeGreaterThan(0)
  })

  it('keeps the highest of a snapshot, and counts no total from which it knows no rise', () => {
    const tally = new ScoreCounter(0, 'totals')
    tally.take('snapshot', JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`id-${i}`, i + 1]))), 1)
    tally.take('message', '{"id-0":5,"id-10000":10003}', 2)
    expect(tally.total).toBe(2)
    expect(tally.top(1, 2)).toMatchObject([{ id: 'id-10000', count: 10_003 }])
  })

  it('takes an event of raw as the id, whatever its name', () => {
    const tally = new ScoreCounter(0, 'id')
    for (const name of ['message', 'snapshot']) tally.take(name, '2665', 1)
    expect(tally.total).toBe(2)
  })
})
