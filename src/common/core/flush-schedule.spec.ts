import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FLUSH_PERIOD_MS, FlushSchedule, flushGapMs, flushPeriodMs } from './flush-schedule.js'

const SECOND_MS = 1000
const MAX_PER_SECOND = 60
/** The longest that a late schedule needs to be back on its grid: a whole period, at a third of a ms each. */
const FLUSHES_TO_RECOVER = 57

/** Flushes once for each lateness, as a timer does that fires that long after the deadline. */
function run(schedule: FlushSchedule, startMs: number, lateness: readonly number[]): number[] {
  let nowMs = startMs
  return lateness.map((lateMs) => {
    nowMs += schedule.wait(nowMs) + lateMs
    // Adding and subtracting large times loses a few bits, so the sum may be slightly below the deadline.
    while (!schedule.take(nowMs)) nowMs += 1e-6
    return nowMs
  })
}

function expectAtMost60PerSecond(flushes: readonly number[]): void {
  flushes.forEach((at, i) => {
    const next = flushes[i + 1] ?? Number.POSITIVE_INFINITY
    expect(next - at).toBeGreaterThanOrEqual(SECOND_MS / MAX_PER_SECOND)
    expect((flushes[i + MAX_PER_SECOND] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThan(SECOND_MS)
  })
}

/** Up to 58 days of uptime. */
const startMs = fc.double({ min: 0, max: 5e9, noNaN: true })
const jitter = (max: number) => fc.double({ min: 0, max, noNaN: true })

describe('FlushSchedule', () => {
  it('is due at once, then once per period', () => {
    const schedule = new FlushSchedule(100)
    expect(schedule.wait(100)).toBe(0)
    expect(schedule.take(100)).toBe(true)
    expect(schedule.take(100)).toBe(false)
    expect(schedule.wait(100)).toBe(FLUSH_PERIOD_MS)
    expect(schedule.wait(110)).toBe(7)
    expect(schedule.take(116.9)).toBe(false)
    expect(schedule.take(117)).toBe(true)
    expect(schedule.wait(117)).toBe(FLUSH_PERIOD_MS)
  })

  it('has nothing to wait for when it is late', () => {
    expect(new FlushSchedule(100).wait(5000)).toBe(0)
  })

  it('knows how late a flush is: from its deadline, or from when it was wanted where that is later', () => {
    const schedule = new FlushSchedule(100)
    schedule.take(100)
    expect(schedule.lateness(110, 105)).toBe(0)
    expect(schedule.lateness(117, 105)).toBe(0)
    expect(schedule.lateness(120, 105)).toBe(3)
    expect(schedule.lateness(60_005, 60_000)).toBe(5)
  })

  it('is due at once after a time without flushes', () => {
    const schedule = new FlushSchedule(100)
    schedule.take(100)
    expect(schedule.take(60_000)).toBe(true)
    expect(schedule.take(60_000)).toBe(false)
  })

  it('never flushes more than 60 times in any second, however late its timer fires', () => {
    const lateness = fc.oneof(
      { weight: 8, arbitrary: jitter(1) },
      { weight: 4, arbitrary: jitter(40) },
      { weight: 1, arbitrary: jitter(3000) },
    )
    fc.assert(
      fc.property(startMs, fc.array(lateness, { minLength: 130, maxLength: 200, size: 'max' }), (start, late) => {
        expectAtMost60PerSecond(run(new FlushSchedule(start), start, late))
      }),
    )
  })

  it('never flushes more than 60 times in any second, whenever it is asked', () => {
    const pause = fc.oneof({ weight: 20, arbitrary: jitter(5) }, { weight: 1, arbitrary: jitter(3000) })
    fc.assert(
      fc.property(startMs, fc.array(pause, { minLength: 400, maxLength: 600, size: 'max' }), (start, pauses) => {
        const schedule = new FlushSchedule(start)
        let nowMs = start
        const flushes = pauses.flatMap((ms) => {
          nowMs += ms
          return schedule.take(nowMs) ? [nowMs] : []
        })
        expectAtMost60PerSecond(flushes)
      }),
    )
  })

  it('flushes so many times in any second as it is made for, and not more', () => {
    const perSecond = fc.integer({ min: 1, max: 60 })
    fc.assert(
      fc.property(startMs, perSecond, fc.array(jitter(400), { minLength: 130, maxLength: 200, size: 'max' }), (start, rate, late) => {
        const flushes = run(new FlushSchedule(start, rate), start, late)
        flushes.forEach((at, i) => {
          expect((flushes[i + rate] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThan(SECOND_MS)
        })
      }),
    )
  })

  it('has a grid that is never finer than the least time between two flushes', () => {
    for (let rate = 1; rate <= 60; rate++) {
      expect(flushPeriodMs(rate)).toBeGreaterThanOrEqual(flushGapMs(rate))
      expect(flushPeriodMs(rate)).toBeLessThanOrEqual(SECOND_MS / rate + 1)
    }
    expect([flushPeriodMs(60), flushGapMs(60)]).toEqual([17, expect.closeTo(16.7, 9)])
  })

  it('does not drift: after any number of slightly late flushes, the next is on the grid', () => {
    fc.assert(
      fc.property(startMs, fc.array(jitter(0.3), { minLength: 1, maxLength: 300, size: 'max' }), (start, late) => {
        const flushes = run(new FlushSchedule(start), start, late)
        flushes.forEach((at, k) => {
          expect(at).toBeCloseTo(start + k * FLUSH_PERIOD_MS + (late[k] ?? 0), 3)
        })
      }),
    )
  })

  it('skips the missed flushes after a stall, and returns to its grid', () => {
    fc.assert(
      fc.property(startMs, jitter(5000), (start, stallMs) => {
        const onTime = Array<number>(FLUSHES_TO_RECOVER + 3).fill(0)
        const flushes = run(new FlushSchedule(start), start, [stallMs, ...onTime])
        expectAtMost60PerSecond(flushes)
        for (const at of flushes.slice(FLUSHES_TO_RECOVER)) {
          const places = (at - start) / FLUSH_PERIOD_MS
          expect(places).toBeCloseTo(Math.round(places), 3)
        }
        const [before = 0, after = 0] = flushes.slice(-2)
        expect(after - before).toBeCloseTo(FLUSH_PERIOD_MS, 3)
      }),
    )
  })

  it('skips no place of the grid that it can still reach', () => {
    fc.assert(
      fc.property(startMs, jitter(5000), (start, stallMs) => {
        const [stalled = 0, next = 0] = run(new FlushSchedule(start), start, [stallMs, 0])
        expect(next - stalled).toBeLessThanOrEqual(FLUSH_PERIOD_MS + 1e-3)
      }),
    )
  })
})
