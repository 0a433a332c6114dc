import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SingleFlight } from './single-flight.js'

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

  it('begins one call for all who ask meanwhile, and another one for who asks later', async () => {
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
