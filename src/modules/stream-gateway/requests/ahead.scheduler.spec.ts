import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { AheadScheduler, MAX_WAIT_MS, MAX_WAITING } from './ahead.scheduler.js'

describe('AheadScheduler', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function waiting() {
    const bus = new EventBus((_event, error) => {
      throw error
    })
    const timers = new SchedulerRegistry()
    const scheduler = new AheadScheduler(bus, timers)
    scheduler.onModuleInit()
    const done: string[] = []
    const behind = new Set<string>()
    const wait = (name: string) => {
      behind.add(name)
      scheduler.wait({ isAhead: () => behind.has(name), proceed: () => done.push(name) })
    }
    return { bus, timers, scheduler, done, behind, wait }
  }

  it('lets a request go on when this node has received as much, each by itself', () => {
    const { done, behind, wait, scheduler } = waiting()
    for (const name of ['a', 'b', 'c']) wait(name)
    vi.advanceTimersByTime(100)
    expect(done).toEqual([])
    behind.delete('b')
    vi.advanceTimersByTime(20)
    expect(done).toEqual(['b'])
    expect(scheduler.size).toBe(2)
  })

  it('lets a request go on after 1 s at the latest, once', () => {
    const { done, wait } = waiting()
    wait('a')
    vi.advanceTimersByTime(MAX_WAIT_MS / 2)
    wait('b')
    vi.advanceTimersByTime(MAX_WAIT_MS / 2 + 20)
    expect(done).toEqual(['a'])
    vi.advanceTimersByTime(MAX_WAIT_MS)
    expect(done).toEqual(['a', 'b'])
  })

  it('has one timer for all, which ends with the last request', () => {
    const { timers, wait } = waiting()
    expect(vi.getTimerCount()).toBe(0)
    for (let n = 0; n < 100; n++) wait(`${n}`)
    expect(vi.getTimerCount()).toBe(1)
    expect(timers.getTimeouts()).toEqual(['ahead'])
    vi.advanceTimersByTime(MAX_WAIT_MS + 40)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('lets a request go on at once where too many wait', () => {
    const { done, wait, scheduler } = waiting()
    for (let n = 0; n < MAX_WAITING; n++) wait(`${n}`)
    expect(done).toEqual([])
    wait('one more')
    expect(done).toEqual(['one more'])
    expect(scheduler.size).toBe(MAX_WAITING)
  })

  it('lets all go on when the node drains', () => {
    const { bus, done, wait, scheduler } = waiting()
    for (const name of ['a', 'b']) wait(name)
    bus.emit('node.draining', {})
    expect(done).toEqual(['a', 'b'])
    expect(scheduler.size).toBe(0)
  })

  it('takes a request that comes while others go on', () => {
    const { done, behind, scheduler, wait } = waiting()
    scheduler.wait({ isAhead: () => false, proceed: () => wait('next') })
    vi.advanceTimersByTime(20)
    expect(scheduler.size).toBe(1)
    behind.clear()
    vi.advanceTimersByTime(20)
    expect(done).toEqual(['next'])
  })
})
