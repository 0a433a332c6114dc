import { describe, expect, it } from 'vitest'
import { delayMs } from './delay.js'

describe('delayMs', () => {
  it.each([
    [1, 0, 1000],
    [2, 0, 2000],
    [5, 0, 16_000],
    [6, 0, 30_000],
    [5000, 0, 30_000],
    [1, 1, 500],
    [2, 0.5, 1500],
  ])('after %i failures and with the random number %d is %i', (failures, chance, ms) => {
    expect(delayMs({}, failures, chance)).toBe(ms)
  })

  it.each([
    [2705, 2705],
    [0, 50],
    [1e15, 3_600_000],
  ])('is what the server asked for, %i, within bounds: %i', (retryMs, ms) => {
    expect(delayMs({ retryMs, status: 503 }, 9, 1)).toBe(ms)
  })
})
