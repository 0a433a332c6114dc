import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueAfter, Pacer } from './pacer.js'

const ENDLESS = { count: Number.POSITIVE_INFINITY, durationMs: Number.POSITIVE_INFINITY }
const steady = (perSecond: number, limits = ENDLESS) => new Pacer({ perSecond, burst: false }, limits, 1000)

describe('the schedule', () => {
  it('is even', () => {
    expect(dueAfter({ perSecond: 400, burst: false }, 2.5)).toBe(1000)
  })

  it('has its average over each period of bursts, calm before and ten times as much after', () => {
    const pace = { perSecond: 400, burst: true }
    const within = (from: number, to: number) => dueAfter(pace, to) - dueAfter(pace, from)
    for (const start of [0, 10, 990]) expect(within(start, start + 10)).toBeCloseTo(4000)
    expect(within(0, 8) / 8).toBeCloseTo(142.86, 1)
    expect(within(8, 10) / 2).toBeCloseTo(1428.6, 1)
    expect(within(20, 21) * 10).toBeCloseTo(within(28.5, 29.5))
  })

  it('never goes back', () => {
    const time = fc.double({ min: 0, max: 100, noNaN: true })
    fc.assert(
      fc.property(time, time, fc.boolean(), (a, b, burst) => {
        const pace = { perSecond: 7, burst }
        expect(dueAfter(pace, a + b)).toBeGreaterThanOrEqual(dueAfter(pace, a) - 1e-9)
      }),
    )
  })
})

describe('Pacer', () => {
  it.each([0.5, 7, 400, 20_000])('holds a rate of %d a second to 1 %%, whatever its turns are like', (perSecond) => {
    const turns = fc.array(fc.double({ min: 0.1, max: 300, noNaN: true }), { minLength: 100, maxLength: 200 })
    fc.assert(
      fc.property(turns, (pauses) => {
        const pacer = steady(perSecond)
        let nowMs = 1000
        for (const pause of pauses) {
          nowMs += pause
          pacer.take(nowMs, Number.POSITIVE_INFINITY)
        }
        const expected = (perSecond * (nowMs - 1000)) / 1000
        expect(pacer.skipped).toBe(0)
        expect(Math.abs(pacer.sent - expected)).toBeLessThanOrEqual(1 + 0.01 * expected)
      }),
      { numRuns: 30 },
    )
  })

  it('catches up one second, and skips later updates', () => {
    const pacer = steady(100)
    expect(pacer.take(1900, 1000)).toBe(90)
    expect(pacer.take(31_900, 1000)).toBe(100)
    expect(pacer).toMatchObject({ due: 3090, sent: 190, skipped: 2900 })
  })

  it('sends no more than there is room for, and the rest in the next turn', () => {
    const pacer = steady(100)
    expect(pacer.take(1500, 10)).toBe(10)
    expect(pacer.take(1501, 100)).toBe(40)
    expect(pacer.skipped).toBe(0)
  })

  it('skips all while there is no room', () => {
    const pacer = steady(100)
    for (let nowMs = 1000; nowMs <= 11_000; nowMs += 4) expect(pacer.take(nowMs, 0)).toBe(0)
    expect(pacer).toMatchObject({ due: 1000, sent: 0, skipped: 900 })
    pacer.finish()
    expect(pacer.skipped).toBe(1000)
  })

  it('is patient at less than one update a second', () => {
    const pacer = steady(0.1)
    expect(pacer.take(30_999, 10)).toBe(1)
    expect(pacer.take(41_000, 0)).toBe(0)
    expect(pacer.take(43_000, 1)).toBe(1)
  })

  it('stops at a count', () => {
    const pacer = steady(100, { ...ENDLESS, count: 25 })
    expect(pacer.take(1200, 100)).toBe(20)
    expect(pacer.isOver(1200)).toBe(false)
    expect(pacer.take(1900, 100)).toBe(5)
    expect(pacer.isOver(1900)).toBe(true)
    pacer.finish()
    expect(pacer).toMatchObject({ due: 25, sent: 25, skipped: 0 })
  })

  it('stops after a duration, with all that was due by then', () => {
    const pacer = steady(100, { ...ENDLESS, durationMs: 500 })
    pacer.take(1400, 100)
    expect(pacer.isOver(1400)).toBe(false)
    pacer.take(1700, 100)
    expect(pacer.isOver(1700)).toBe(true)
    expect(pacer).toMatchObject({ due: 50, sent: 50, skipped: 0 })
  })

  describe('in turns that it asks for', () => {
    /** Runs it for so long with timers that are late by so many ms, in turn, and returns how many updates each turn sent, and when. */
    function run(pacer: Pacer, forMs: number, lateMs: readonly number[] = [0.1]) {
      const turns: { readonly atMs: number; readonly count: number }[] = []
      for (let nowMs = 1000, n = 0; nowMs < 1000 + forMs; n++) {
        const turnMs = pacer.waitMs(nowMs) + (lateMs[n % lateMs.length] ?? 0)
        nowMs += turnMs
        turns.push({ atMs: nowMs - 1000, count: pacer.take(nowMs, pacer.share(nowMs, turnMs)) })
      }
      return turns
    }

    it.each([1, 60, 400, 700])('sends %d a second one by one, each within 1 ms of when it is due', (perSecond) => {
      const sent = run(steady(perSecond), 3000).filter(({ count }) => count > 0)
      expect(sent.map(({ count }) => count)).toEqual(sent.map(() => 1))
      sent.forEach(({ atMs }, n) => {
        const lateMs = atMs - ((n + 1) * 1000) / perSecond
        expect(lateMs).toBeGreaterThan(-1e-6)
        expect(lateMs).toBeLessThan(1.2)
      })
    })

    it('spreads more than one a ms evenly over all turns', () => {
      const counts = run(steady(20_000), 1000).map(({ count }) => count)
      expect(Math.max(...counts.slice(10)) - Math.min(...counts.slice(10))).toBeLessThanOrEqual(2)
    })

    it.each([400, 20_000])('makes up for one late turn at %d a second over the next ones', (perSecond) => {
      const late = [...Array<number>(100).fill(0.1), 20, ...Array<number>(400).fill(0.1)]
      const pacer = steady(perSecond)
      const turns = run(pacer, 400, late)
      expect(Math.max(...turns.map(({ count }) => count))).toBeLessThanOrEqual(Math.max(1, (perSecond / 1000) * 4))
      expect(pacer.due - pacer.sent).toBeLessThanOrEqual(Math.max(1, perSecond / 100))
    })

    it.each([0.5, 400, 20_000])('holds %d a second where every turn is late', (perSecond) => {
      const pacer = steady(perSecond)
      run(pacer, 20_000, [7, 30, 12])
      expect(pacer.skipped).toBe(0)
      expect(pacer.due - pacer.sent).toBeLessThanOrEqual(1 + perSecond * 0.25)
    })

    it('follows bursts', () => {
      const pacer = new Pacer({ perSecond: 400, burst: true }, ENDLESS, 1000)
      const turns = run(pacer, 20_000)
      expect(pacer.due - pacer.sent).toBeLessThanOrEqual(8)
      expect(Math.max(...turns.map(({ count }) => count))).toBeLessThanOrEqual(4)
    })
  })

  it('accounts for every update that was due', () => {
    const turn = fc.record({ pause: fc.integer({ min: 0, max: 3000 }), room: fc.integer({ min: 0, max: 500 }) })
    fc.assert(
      fc.property(fc.array(turn), fc.boolean(), (turns, burst) => {
        const pacer = new Pacer({ perSecond: 300, burst }, ENDLESS, 0)
        let nowMs = 0
        for (const { pause, room } of turns) {
          nowMs += pause
          pacer.take(nowMs, room)
          expect(pacer.sent + pacer.skipped).toBeLessThanOrEqual(pacer.due)
        }
        pacer.finish()
        expect(pacer.sent + pacer.skipped).toBe(pacer.due)
      }),
    )
  })
})
