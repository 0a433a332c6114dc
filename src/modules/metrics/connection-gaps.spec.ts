import { beforeEach, describe, expect, it } from 'vitest'
import { ConnectionGaps } from './connection-gaps.js'

describe('ConnectionGaps', () => {
  let gaps: ConnectionGaps
  beforeEach(() => {
    gaps = new ConnectionGaps(1000)
  })

  it('counts the time until the source is ready, but no return', () => {
    gaps.change('connecting', 1100)
    expect(gaps.totalMs(1200)).toBe(200)
    gaps.change('ready', 1300)
    expect(gaps).toMatchObject({ isReady: true, returns: 0 })
    expect(gaps.totalMs(9000)).toBe(300)
  })

  it('adds up the gaps, the one under way included', () => {
    gaps.change('ready', 1000)
    gaps.change('connecting', 2000)
    expect(gaps.isReady).toBe(false)
    expect(gaps.totalMs(2500)).toBe(500)
    gaps.change('ready', 3000)
    gaps.change('connecting', 4000)
    gaps.change('stopped', 4500)
    expect(gaps.returns).toBe(1)
    expect(gaps.totalMs(5000)).toBe(2000)
  })

  it('takes no notice of being told the same twice', () => {
    gaps.change('ready', 1500)
    gaps.change('ready', 1600)
    expect(gaps).toMatchObject({ returns: 0 })
    expect(gaps.totalMs(1700)).toBe(500)
  })
})
