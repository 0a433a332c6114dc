import { describe, expect, it } from 'vitest'
import { restartDelayMs } from './supervisor.js'

const SOUND_MS = 30_000

/** The delays of a worker that crashes after each start. */
function delays(count: number, random: number): number[] {
  let previousCrashes = 0
  return Array.from({ length: count }, () => {
    const { delayMs, crashes } = restartDelayMs(previousCrashes, 100, random)
    previousCrashes = crashes
    return delayMs
  })
}

describe('restartDelayMs', () => {
  it('doubles from 100 ms up to 10 s, and stays there', () => {
    expect(delays(9, 0)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    expect(delays(2000, 0).at(-1)).toBe(10_000)
  })

  it('is shortened by up to a half, so that workers that crashed together do not restart in step', () => {
    expect(delays(3, 0.5)).toEqual([75, 150, 300])
    expect(delays(3, 1)).toEqual([50, 100, 200])
  })

  it('starts again at 1 for a worker that ran long enough', () => {
    expect(restartDelayMs(7, SOUND_MS - 1, 0)).toEqual({ delayMs: 10_000, crashes: 8 })
    expect(restartDelayMs(7, SOUND_MS, 0)).toEqual({ delayMs: 100, crashes: 1 })
  })
})
