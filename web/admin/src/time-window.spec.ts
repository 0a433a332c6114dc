import { beforeEach, describe, expect, it } from 'vitest'
import { TimeWindow } from './time-window.js'

describe('TimeWindow', () => {
  let window: TimeWindow<'in' | 'out'>

  beforeEach(() => {
    window = new TimeWindow(['in', 'out'], 10)
  })

  const push = (...samples: readonly (readonly [number, number | null])[]) => {
    for (const [atS, figure] of samples) window.push(atS, { in: figure, out: null })
  }

  it('keeps the samples in columns', () => {
    push([100, 1], [101, 2])
    expect(window.times).toEqual([100, 101])
    expect(window.column('in')).toEqual([1, 2])
    expect(window.column('out')).toEqual([null, null])
  })

  it('drops what is older than its length, from every column', () => {
    for (let atS = 0; atS < 1000; atS++) push([atS, atS])
    expect(window.times).toEqual([989, 990, 991, 992, 993, 994, 995, 996, 997, 998, 999])
    expect(window.column('in')).toEqual(window.times)
    expect(window.column('out')).toHaveLength(11)
  })

  it('breaks the line where seconds are missing', () => {
    push([100, 1], [104, 5])
    expect(window.column('in')).toEqual([1, null, 5])
    expect(window.times[1]).toBeGreaterThan(100)
    expect(window.times[1]).toBeLessThan(104)
  })

  it('does not break it for a sample that is a little late', () => {
    push([100, 1], [102.4, 2])
    expect(window.column('in')).toEqual([1, 2])
  })

  it('begins anew when the clock was set back, so that times always ascend', () => {
    push([100, 1], [101, 2], [90, 3])
    expect(window.times).toEqual([90])
    expect(window.column('in')).toEqual([3])
  })

  it('knows its lowest and highest figure, and that it has none', () => {
    expect(window.extremes('in')).toBeNull()
    push([100, 4], [101, null], [102, 1], [103, 3])
    expect(window.extremes('in')).toEqual({ low: 1, high: 4 })
    expect(window.extremes('out')).toBeNull()
    window.clear()
    expect([window.size, window.extremes('in')]).toEqual([0, null])
  })
})
