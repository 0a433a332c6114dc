import { describe, expect, it } from 'vitest'
import { delayMs, MAX_MS, MAX_REFUSED_MS } from './delay.js'

describe('delayMs', () => {
  it.each([
    [1, 0, 1000],
    [2, 0, 2000],
    [3, 0, 4000],
    [4, 0, 5000],
    [5000, 0, 5000],
    [1, 1, 500],
    [2, 0.5, 1500],
  ])('after %i failures and with the random number %d is %i', (failures, chance, ms) => {
    expect(delayMs({}, failures, chance, MAX_MS)).toBe(ms)
  })

  it.each([
    [5, 16_000],
    [6, 30_000],
  ])('goes up to a bound of its own for a refused namespace (after %i: %i)', (failures, ms) => {
    expect(delayMs({}, failures, 0, MAX_REFUSED_MS)).toBe(ms)
  })

  it.each([
    [2705, 2705],
    [0, 50],
    [1e15, 3_600_000],
  ])('is what the server asked for, %i, within bounds: %i', (retryMs, ms) => {
    expect(delayMs({ retryMs, status: 503 }, 9, 1, MAX_MS)).toBe(ms)
  })
})
