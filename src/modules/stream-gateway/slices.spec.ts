import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runInSlices } from './slices.js'

function* task(calls: string[], names: readonly string[]): Generator<void, void> {
  for (const [i, name] of names.entries()) {
    if (i > 0) yield
    calls.push(name)
  }
}

describe('runInSlices', () => {
  let calls: string[]

  beforeEach(() => {
    vi.useFakeTimers()
    calls = []
  })
  afterEach(() => void vi.useRealTimers())

  const onDone = () => void calls.push('done')

  it('does a task without a yield at once', () => {
    runInSlices(task(calls, ['a']), onDone)
    expect(calls).toEqual(['a', 'done'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is done at once where there is nothing to do', () => {
    runInSlices(task(calls, []), onDone)
    expect(calls).toEqual(['done'])
  })

  it('does each further slice in a turn of its own, and is done once', () => {
    runInSlices(task(calls, ['a', 'b', 'c']), onDone)
    expect(calls).toEqual(['a'])
    vi.advanceTimersToNextTimer()
    expect(calls).toEqual(['a', 'b'])
    vi.advanceTimersToNextTimer()
    expect(calls).toEqual(['a', 'b', 'c', 'done'])
    vi.runAllTimers()
    expect(calls).toEqual(['a', 'b', 'c', 'done'])
  })

  it('lets others run between the slices', () => {
    runInSlices(task(calls, ['a', 'b']), onDone)
    setImmediate(() => calls.push('other'))
    runInSlices(task(calls, ['c', 'd']), onDone)
    vi.runAllTimers()
    expect(calls).toEqual(['a', 'c', 'b', 'done', 'other', 'd', 'done'])
  })
})
