import { describe, expect, it } from 'vitest'
import { RateMeter } from './rate-meter.js'

describe('RateMeter', () => {
  it('knows no rate before its first sample', () => {
    expect(new RateMeter(5000).perSecond).toBe(0)
  })

  it('tells how much the counter has grown per second since the last sample', () => {
    const meter = new RateMeter(5000)
    meter.sample(30, 5500)
    expect(meter.perSecond).toBe(60)
    meter.sample(40, 7500)
    expect(meter.perSecond).toBe(5)
  })

  it('falls to nothing when nothing happens', () => {
    const meter = new RateMeter(5000)
    meter.sample(30, 5500)
    meter.sample(30, 6500)
    expect(meter.perSecond).toBe(0)
  })

  it.each([5500, 5400])('takes no sample for which no time has passed (at %i)', (nowMs) => {
    const meter = new RateMeter(5000)
    meter.sample(30, 5500)
    meter.sample(90, nowMs)
    expect(meter.perSecond).toBe(60)
    meter.sample(90, 6500)
    expect(meter.perSecond).toBe(60)
  })
})
