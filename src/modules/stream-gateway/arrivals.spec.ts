import { describe, expect, it } from 'vitest'
import { Arrivals } from './arrivals.js'

describe('new connections', () => {
  it('do not go first while none comes', () => {
    const arrivals = new Arrivals()
    expect([1000, 1001, 1002].map((nowMs) => arrivals.goFirst(nowMs))).toEqual([false, false, false])
  })

  it('go first in the turn after one came, once for each turn in which one did', () => {
    const arrivals = new Arrivals()
    arrivals.goFirst(1000)
    arrivals.note()
    arrivals.note()
    expect(arrivals.goFirst(1001)).toBe(true)
    expect(arrivals.goFirst(1002)).toBe(false)
  })

  it('do not hold a fan-out up for longer than 10 ms, however many they are', () => {
    const arrivals = new Arrivals()
    const waits = Array.from({ length: 21 }, (_, ms) => {
      arrivals.note()
      return arrivals.goFirst(1000 + ms)
    })
    expect(waits.flatMap((waited, ms) => (waited ? [] : [ms]))).toEqual([0, 10, 20])
  })
})
