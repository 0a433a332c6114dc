import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CatchUpScheduler } from './slice.scheduler.js'

const PERIOD_MS = 17

describe('CatchUpScheduler', () => {
  let registry: SchedulerRegistry
  let scheduler: CatchUpScheduler
  let calls: string[]

  beforeEach(() => {
    vi.useFakeTimers()
    registry = new SchedulerRegistry()
    scheduler = new CatchUpScheduler(registry)
    calls = []
  })
  afterEach(() => void vi.useRealTimers())

  const fanOut = (name: string, onRun: () => void = () => undefined) => ({
    catchUp: () => {
      calls.push(name)
      onRun()
    },
  })

  it('runs a fan-out one period of the flush after the request, and not before', () => {
    scheduler.request(fanOut('eps'))
    vi.advanceTimersByTime(PERIOD_MS - 1)
    expect(calls).toEqual([])
    vi.advanceTimersByTime(1)
    expect(calls).toEqual(['eps'])
  })

  it('runs each once, in the order of the first requests, by one timer of the registry', () => {
    const [eps, raw] = [fanOut('eps'), fanOut('raw')]
    for (const each of [raw, eps, raw]) scheduler.request(each)
    expect([registry.getTimeouts(), vi.getTimerCount()]).toEqual([['catch-up'], 1])
    vi.advanceTimersByTime(PERIOD_MS)
    expect(calls).toEqual(['raw', 'eps'])
  })

  it('runs no fan-out again that has not asked again', () => {
    const eps = fanOut('eps')
    scheduler.request(eps)
    vi.advanceTimersByTime(PERIOD_MS)
    expect(vi.getTimerCount()).toBe(0)
    scheduler.request(eps)
    vi.advanceTimersByTime(PERIOD_MS)
    expect(calls).toEqual(['eps', 'eps'])
  })

  it('runs one that asks during its run after one more period', () => {
    const eps = fanOut('eps', () => {
      if (calls.length < 3) scheduler.request(eps)
    })
    scheduler.request(eps)
    vi.advanceTimersByTime(PERIOD_MS)
    expect(calls).toHaveLength(1)
    vi.advanceTimersByTime(PERIOD_MS)
    expect(calls).toHaveLength(2)
    vi.advanceTimersByTime(10 * PERIOD_MS)
    expect(calls).toHaveLength(3)
  })
})
