import { describe, expect, it } from 'vitest'
import { RunningTotals } from './running-totals.js'

describe('RunningTotals', () => {
  it('counts every id from the start', () => {
    const totals = new RunningTotals(10, 1_700_000_000)
    for (const id of ['1F602', '2665', '1F602']) totals.add(id)
    expect(totals.document()).toEqual({ since: 1_700_000_000, updates: 3, totals: { '1F602': 2, 2665: 1 }, other: 0 })
  })

  it('is empty before anything came', () => {
    expect(new RunningTotals(10, 1).document()).toEqual({ since: 1, updates: 0, totals: {}, other: 0 })
  })

  it('counts ids beyond its bound together, and continues to count its known ids', () => {
    const totals = new RunningTotals(2, 1)
    for (const id of ['a', 'b', 'c', 'd', 'a', 'c']) totals.add(id)
    expect(totals.document()).toEqual({ since: 1, updates: 6, totals: { a: 2, b: 1 }, other: 3 })
  })

  it('takes any id, names of the language included', () => {
    const totals = new RunningTotals(10, 1)
    for (const id of ['__proto__', 'constructor', '__proto__']) totals.add(id)
    expect(JSON.stringify(totals.document().totals)).toBe('{"__proto__":2,"constructor":1}')
  })
})
