import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../common/core/seeded-random.js'
import { poisson } from './poisson.js'

const average = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length

describe('a Poisson draw', () => {
  it.each([8, 0.01, 6.67])('around %d has this mean and this variance', (mean) => {
    const random = seededRandom(1)
    const counts = Array.from({ length: 20_000 }, () => poisson(mean, random))
    expect(counts.every((each) => Number.isInteger(each) && each >= 0)).toBe(true)
    const drawn = average(counts)
    expect(Math.abs(drawn - mean)).toBeLessThan(4 * Math.sqrt(mean / counts.length))
    const variance = average(counts.map((each) => (each - drawn) ** 2))
    expect(variance / mean).toBeGreaterThan(0.9)
    expect(variance / mean).toBeLessThan(1.1)
  })

  it('around 0 is 0', () => {
    const random = seededRandom(1)
    expect(Array.from({ length: 100 }, () => poisson(0, random))).toEqual(Array.from({ length: 100 }, () => 0))
  })
})
