import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../test/support/seeded-random.js'
import { DemoSource } from './demo-source.js'

const seeded = () => new DemoSource(seededRandom(1))
const times = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw)
const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length

describe('DemoSource', () => {
  it('gives the same row for the same random numbers', () => {
    const row = (source: DemoSource) => times(20, () => [source.emoji(), source.count(400, 20), source.post('x', new Date(0))])
    expect(row(seeded())).toEqual(row(seeded()))
  })

  describe('an emoji', () => {
    it.each([
      [0, { id: '1F602', char: '😂' }],
      [1 - Number.EPSILON, { id: '1F1EF-1F1F5', char: '🇯🇵' }],
    ])('is, for the random number %d, %o', (random, emoji) => {
      expect(new DemoSource(() => random).emoji()).toEqual(emoji)
    })

    it('has the id of its upper-case code points, without variation selectors', () => {
      const source = seeded()
      const seen = new Map(times(20_000, () => source.emoji()).map(({ id, char }) => [id, char]))
      expect(seen.size).toBeGreaterThan(60)
      for (const [id, char] of seen) {
        expect(id).toMatch(/^[0-9A-F]{4,5}(-[0-9A-F]{4,5})*$/)
        const points = id.split('-').map((point) => Number.parseInt(point, 16))
        expect(String.fromCodePoint(...points)).toBe(char.replaceAll('\ufe0f', ''))
      }
      expect(seen.get('2764')).toBe('❤️')
    })

    it('is drawn from a long tail', () => {
      const source = seeded()
      const ids = times(50_000, () => source.emoji().id)
      const count = (id: string) => ids.filter((each) => each === id).length
      expect(count('1F602') / count('2764')).toBeCloseTo(2 ** 0.9, 0)
      expect(count('1F602') / count('1F62D')).toBeCloseTo(5 ** 0.9, 0)
    })
  })

  describe('the number of updates in a time', () => {
    it.each([
      [400, 20],
      [0.5, 20],
      [400, 1000 / 60],
    ])('at %d a second and %d ms has the mean and the variance of a Poisson draw', (rate, ms) => {
      const source = seeded()
      const expected = (rate * ms) / 1000
      const counts = times(20_000, () => source.count(rate, ms))
      expect(counts.every((each) => Number.isInteger(each) && each >= 0)).toBe(true)
      const drawn = mean(counts)
      expect(Math.abs(drawn - expected)).toBeLessThan(4 * Math.sqrt(expected / counts.length))
      const variance = mean(counts.map((each) => (each - drawn) ** 2))
      expect(variance / expected).toBeGreaterThan(0.9)
      expect(variance / expected).toBeLessThan(1.1)
    })

    it('is none at a rate of 0', () => {
      const source = seeded()
      expect(times(100, () => source.count(0, 1000))).toEqual(times(100, () => 0))
    })
  })

  it('makes posts in the shape of the feeder, that show the emoji', () => {
    const source = seeded()
    for (const post of times(200, () => source.post('😂', new Date(Date.UTC(2024, 0, 2))))) {
      expect(post).toEqual({
        id: expect.stringMatching(/^\d+$/),
        text: expect.stringMatching(/^([a-z]+ ){3,8}😂$/),
        screen_name: 'demo',
        name: 'In-process demo feed',
        links: [],
        profile_image_url: null,
        created_at: '2024-01-02T00:00:00.000Z',
      })
    }
  })
})
