import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backoffMs, OneShot, restartDelayMs, TurnEnd } from './timers.js'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('TurnEnd', () => {
  it('calls back once for everything that was scheduled in a turn, and not within it', async () => {
    const onEnd = vi.fn()
    const turn = new TurnEnd(onEnd)
    turn.schedule()
    turn.schedule()
    expect(onEnd).not.toHaveBeenCalled()
    await nextTurn()
    expect(onEnd).toHaveBeenCalledTimes(1)
  })

  it('can be scheduled again, also from the call itself, for the turn after', async () => {
    let calls = 0
    const turn = new TurnEnd(() => {
      if (++calls < 3) turn.schedule()
    })
    turn.schedule()
    for (let i = 0; i < 5; i++) await nextTurn()
    expect(calls).toBe(3)
    turn.schedule()
    await nextTurn()
    expect(calls).toBe(4)
  })
})

describe('OneShot', () => {
  let registry: SchedulerRegistry

  beforeEach(() => {
    vi.useFakeTimers()
    registry = new SchedulerRegistry()
  })
  afterEach(() => void vi.useRealTimers())

  it('fires once, after its time', () => {
    const onFire = vi.fn()
    new OneShot(registry, 'flush', onFire).arm(20)
    vi.advanceTimersByTime(19)
    expect(onFire).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onFire).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(1000)
    expect(onFire).toHaveBeenCalledOnce()
  })

  it('does not fire once it is disarmed, and can be armed again for an earlier time', () => {
    const onFire = vi.fn()
    const timer = new OneShot(registry, 'flush', onFire)
    timer.disarm()
    timer.arm(20)
    timer.disarm()
    timer.disarm()
    expect(registry.getTimeouts()).toEqual([])
    vi.advanceTimersByTime(100)
    expect(onFire).not.toHaveBeenCalled()
    timer.arm(20)
    timer.disarm()
    timer.arm(5)
    vi.advanceTimersByTime(5)
    expect(onFire).toHaveBeenCalledOnce()
  })

  it('keeps its first time when it is armed again before', () => {
    const onFire = vi.fn()
    const timer = new OneShot(registry, 'flush', onFire)
    timer.arm(20)
    vi.advanceTimersByTime(10)
    timer.arm(20)
    timer.arm(1)
    vi.advanceTimersByTime(9)
    expect(onFire).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onFire).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('can be armed again once it has fired', () => {
    const onFire = vi.fn()
    const timer = new OneShot(registry, 'flush', onFire)
    timer.arm(20)
    vi.advanceTimersByTime(20)
    timer.arm(20)
    vi.advanceTimersByTime(20)
    expect(onFire).toHaveBeenCalledTimes(2)
  })

  it('can be armed again by its callback', () => {
    let fired = 0
    const timer = new OneShot(registry, 'flush', () => {
      if (++fired < 3) timer.arm(20)
    })
    timer.arm(20)
    vi.advanceTimersByTime(60)
    expect(fired).toBe(3)
  })

  it('is in the registry under its name, by which it can be ended', () => {
    const onFire = vi.fn()
    const timer = new OneShot(registry, 'flush', onFire)
    expect(registry.getTimeouts()).toEqual([])
    timer.arm(20)
    expect(registry.getTimeouts()).toEqual(['flush'])
    registry.deleteTimeout('flush')
    vi.advanceTimersByTime(1000)
    expect(onFire).not.toHaveBeenCalled()
  })
})

const DELAYS = { firstMs: 1000, maxMs: 60_000 }

describe('backoffMs', () => {
  it('doubles from the first to the longest delay, and stays there', () => {
    expect([1, 2, 3, 6, 7, 8, 1e9].map((failures) => backoffMs(DELAYS, failures, 0))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
    ])
  })

  it('is shortened by up to a half at random', () => {
    expect([0, 0.5, 1].map((chance) => backoffMs(DELAYS, 2, chance))).toEqual([2000, 1500, 1000])
  })
})

const SOUND_MS = 30_000

/** The delays of a worker that crashes after each start. */
function delays(count: number, random: number): number[] {
  let previousCrashes = 0
  return Array.from({ length: count }, () => {
    const { delayMs, crashes } = restartDelayMs(previousCrashes, 100, random)
    previousCrashes = crashes
    return delayMs
  })
}

describe('restartDelayMs', () => {
  it('doubles from 100 ms up to 10 s, and stays there', () => {
    expect(delays(9, 0)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    expect(delays(2000, 0).at(-1)).toBe(10_000)
  })

  it('is shortened by up to a half, so that workers that crashed together do not restart in step', () => {
    expect(delays(3, 0.5)).toEqual([75, 150, 300])
    expect(delays(3, 1)).toEqual([50, 100, 200])
  })

  it('starts again at 1 for a worker that ran long enough', () => {
    expect(restartDelayMs(7, SOUND_MS - 1, 0)).toEqual({ delayMs: 10_000, crashes: 8 })
    expect(restartDelayMs(7, SOUND_MS, 0)).toEqual({ delayMs: 100, crashes: 1 })
  })
})
