import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PacedText } from './paced-text.js'

describe('PacedText', () => {
  let built: number
  let registry: SchedulerRegistry
  let text: PacedText

  beforeEach(() => {
    vi.useFakeTimers()
    built = 0
    registry = new SchedulerRegistry()
    text = new PacedText('status', registry, () => Promise.resolve(`text ${++built}`))
  })
  afterEach(() => void vi.useRealTimers())

  it('is built for the first who asks, and serves for a second', async () => {
    expect(await text.get()).toBe('text 1')
    vi.advanceTimersByTime(999)
    expect(await Promise.all([text.get(), text.get()])).toEqual(['text 1', 'text 1'])
    vi.advanceTimersByTime(1)
    expect(await text.get()).toBe('text 2')
  })

  it('is built once for those who ask after a change, a second after the last time', async () => {
    expect(await text.get()).toBe('text 1')
    vi.advanceTimersByTime(300)
    text.outdate()
    const asked = [text.get(), text.get()]
    vi.advanceTimersByTime(699)
    expect(built).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await Promise.all(asked)).toEqual(['text 2', 'text 2'])
    expect(await text.get()).toBe('text 2')
  })

  it('is never built more often than once a second, whoever asks and whatever changes', async () => {
    let answered = 0
    for (let ms = 0; ms < 10_000; ms += 100) {
      void text.get().then(() => answered++)
      text.outdate()
      await vi.advanceTimersByTimeAsync(100)
    }
    await vi.advanceTimersByTimeAsync(1000)
    expect(answered).toBe(100)
    expect(built).toBeLessThanOrEqual(11)
  })

  it('fails those who asked and no one else', async () => {
    const flaky = new PacedText('flaky', registry, () => (++built === 1 ? Promise.reject(new Error('broken')) : Promise.resolve('whole')))
    await expect(flaky.get()).rejects.toThrow('broken')
    const next = flaky.get()
    await vi.advanceTimersByTimeAsync(1000)
    expect(await next).toBe('whole')
  })

  it('keeps nobody waiting when the node stops and its timers with it', async () => {
    await text.get()
    text.outdate()
    const asked = text.get()
    text.hurry()
    registry.deleteTimeout('status')
    expect(await asked).toBe('text 2')
    text.outdate()
    expect(await text.get()).toBe('text 3')
  })
})
