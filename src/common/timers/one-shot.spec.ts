import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OneShot } from './one-shot.js'

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

  it('can be armed again by what it calls', () => {
    let fired = 0
    const timer = new OneShot(registry, 'flush', () => {
      if (++fired < 3) timer.arm(20)
    })
    timer.arm(20)
    vi.advanceTimersByTime(60)
    expect(fired).toBe(3)
  })

  it('stands in the registry under its name, through which it can be ended', () => {
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
