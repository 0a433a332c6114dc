import { beforeEach, describe, expect, it } from 'vitest'
import { Discards, IngestGaps, LabelCounts, RateMeter, RoundMeter } from './counters.js'
import { DISCARD_REASONS } from './reasons.js'

it('labels are counted, the known ones from 0', () => {
  const labels = new LabelCounts<string>(['a', 'b'])
  labels.count('b')
  labels.count('b', 5)
  labels.count('new', -1)
  expect([...labels.counts]).toEqual([
    ['a', 0],
    ['b', 6],
    ['new', -1],
  ])
  expect([labels.of('b'), labels.of('a'), labels.of('unknown'), labels.total]).toEqual([6, 0, 0, 5])
  expect(labels.nonZero).toEqual([
    ['b', 6],
    ['new', -1],
  ])
})

it('discards are counted by reason and in all, each known reason from 0', () => {
  const discards = new Discards()
  expect([discards.total, discards.nonZero]).toEqual([0, []])
  expect([...discards.counts.keys()]).toEqual([...DISCARD_REASONS])
  for (const reason of ['too-large', 'too-many-new', 'too-large'] as const) discards.count(reason)
  expect(discards.total).toBe(3)
  expect(Object.fromEntries(discards.nonZero)).toEqual({ 'too-large': 2, 'too-many-new': 1 })
})

it('any text is a label, also one that objects have as a property', () => {
  const labels = new LabelCounts<string>([])
  labels.count('__proto__')
  expect([labels.total, labels.nonZero]).toEqual([1, [['__proto__', 1]]])
})

describe('RateMeter', () => {
  it('knows no rate before its first sample', () => {
    expect(new RateMeter(5000).perSecond).toBe(0)
  })

  it('is the growth of the counter per second since the last sample', () => {
    const meter = new RateMeter(5000)
    meter.sample(30, 5500)
    expect(meter.perSecond).toBe(60)
    meter.sample(40, 7500)
    expect(meter.perSecond).toBe(5)
  })

  it('drops to 0 if nothing happens', () => {
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

describe('RoundMeter', () => {
  it('keeps the longest of each time, until it is read', () => {
    const meter = new RoundMeter()
    meter.see({ tookMs: 1, lagMs: 9 })
    meter.see({ tookMs: 5, lagMs: 3 })
    expect(meter.take()).toEqual({ tookMs: 5, lagMs: 9 })
    expect(meter.take()).toEqual({ tookMs: 0, lagMs: 0 })
  })
})

describe('IngestGaps', () => {
  let gaps: IngestGaps
  beforeEach(() => {
    gaps = new IngestGaps(1000)
  })

  it('counts the time until the source is ready, but no return', () => {
    gaps.change('connecting', 1100)
    expect(gaps.totalMs(1200)).toBe(200)
    gaps.change('ready', 1300)
    expect(gaps).toMatchObject({ isReady: true, connects: 1, returns: 0 })
    expect(gaps.totalMs(9000)).toBe(300)
  })

  it('adds up the gaps, one that has not ended included', () => {
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

  it('ignores a state that is announced twice', () => {
    gaps.change('ready', 1500)
    gaps.change('ready', 1600)
    expect(gaps).toMatchObject({ connects: 1, returns: 0 })
    expect(gaps.totalMs(1700)).toBe(500)
  })
})
