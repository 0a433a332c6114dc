import { describe, expect, it } from 'vitest'
import { incrementsOf, ScoreCounter } from './score-counter.js'

describe('the increments of an event', () => {
  it('are those of an object, in eps', () => {
    expect(incrementsOf('eps', '{"2665":2,"__proto__":1}')).toEqual([
      ['2665', 2],
      ['__proto__', 1],
    ])
  })

  it('are one, in raw', () => {
    expect(incrementsOf('raw', '2665')).toEqual([['2665', 1]])
  })

  it.each(['', '{', 'null', '7', '"x"', '{"a":"1","b":1.5,"c":null}', '[]'])('are none in %s', (data) => {
    expect(incrementsOf('eps', data)).toEqual([])
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
})
