import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PacedText, SingleFlight } from './coalesce.js'

describe('PacedText', () => {
  let built: number
  let registry: SchedulerRegistry
  let text: PacedText
  const get = async (from = text) => (await from.get()).toString()

  beforeEach(() => {
    vi.useFakeTimers()
    built = 0
    registry = new SchedulerRegistry()
    text = new PacedText('status', registry, () => Promise.resolve(`text ${++built}`))
  })
  afterEach(() => void vi.useRealTimers())

  it('is built for the first caller, and reused for a second', async () => {
    expect(await get()).toBe('text 1')
    vi.advanceTimersByTime(999)
    expect(await Promise.all([get(), get()])).toEqual(['text 1', 'text 1'])
    vi.advanceTimersByTime(1)
    expect(await get()).toBe('text 2')
  })

  it('is built once for all callers after a change, a second after the last time', async () => {
    expect(await get()).toBe('text 1')
    vi.advanceTimersByTime(300)
    text.invalidate()
    const asked = [get(), get()]
    vi.advanceTimersByTime(699)
    expect(built).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await Promise.all(asked)).toEqual(['text 2', 'text 2'])
    expect(await get()).toBe('text 2')
  })

  it('is the same bytes for all callers', async () => {
    expect(await text.get()).toBe(await text.get())
  })

  it('is never built more often than once a second, whoever asks and whatever changes', async () => {
    let answered = 0
    for (let ms = 0; ms < 10_000; ms += 100) {
      void get().then(() => answered++)
      text.invalidate()
      await vi.advanceTimersByTimeAsync(100)
    }
    await vi.advanceTimersByTimeAsync(1000)
    expect(answered).toBe(100)
    expect(built).toBeLessThanOrEqual(11)
  })

  it('rejects for the present callers and no others', async () => {
    const flaky = new PacedText('flaky', registry, () => (++built === 1 ? Promise.reject(new Error('broken')) : Promise.resolve('whole')))
    await expect(get(flaky)).rejects.toThrow('broken')
    const next = get(flaky)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await next).toBe('whole')
  })

  it('keeps nobody waiting when the node stops and its timers with it', async () => {
    await get()
    text.invalidate()
    const asked = get()
    text.flushWaiters()
    registry.deleteTimeout('status')
    expect(await asked).toBe('text 2')
    text.invalidate()
    expect(await get()).toBe('text 3')
  })
})

describe('SingleFlight', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  /** A call whose results the test gives. */
  function aCall() {
    const ends: ((value: string) => void)[] = []
    const call = vi.fn(() => new Promise<string>((resolve) => ends.push(resolve)))
    return { flight: new SingleFlight(call), call, end: (value: string) => ends.shift()?.(value) }
  }

  it('starts one call for all callers meanwhile, and another for a later caller', async () => {
    const { flight, call, end } = aCall()
    const asked = [flight.result(), flight.result()]
    end('one')
    expect([await Promise.all(asked), call.mock.calls.length]).toEqual([['one', 'one'], 1])
    const later = flight.result()
    end('two')
    expect([await later, call.mock.calls.length]).toEqual(['two', 2])
  })

  it('is waited for a second, once, and then by nobody until it has ended', async () => {
    const { flight, call, end } = aCall()
    const first = flight.result()
    await vi.advanceTimersByTimeAsync(1000)
    expect(await first).toBeNull()
    // No time passes.
    expect([await flight.result(), call.mock.calls.length]).toEqual([null, 1])
    end('too late')
    await vi.advanceTimersByTimeAsync(0)
    const again = flight.result()
    end('in time')
    expect(await again).toBe('in time')
  })

  it('rejects as the call does, which may be asked for again', async () => {
    const call = vi.fn().mockRejectedValueOnce(new Error('no')).mockResolvedValueOnce('yes')
    const flight = new SingleFlight<string>(call)
    await expect(flight.result()).rejects.toThrow('no')
    expect(await flight.result()).toBe('yes')
  })

  it('may reject when nobody waits any more', async () => {
    let fail: (error: Error) => void = () => undefined
    const flight = new SingleFlight(() => new Promise<string>((_resolve, reject) => (fail = reject)))
    const first = flight.result()
    await vi.advanceTimersByTimeAsync(1000)
    fail(new Error('no'))
    expect(await first).toBeNull()
  })
})
