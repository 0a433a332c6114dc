import { describe, expect, it } from 'vitest'
import { backOffMs } from './back-off.js'

const DELAYS = { firstMs: 1000, maxMs: 60_000 }

describe('backOffMs', () => {
  it('doubles from the first to the longest delay, and stays there', () => {
    expect([1, 2, 3, 6, 7, 8, 1e9].map((failures) => backOffMs(DELAYS, failures, 0))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
    ])
  })

  it('is less by up to a half by chance', () => {
    expect([0, 0.5, 1].map((chance) => backOffMs(DELAYS, 2, chance))).toEqual([2000, 1500, 1000])
  })
})
