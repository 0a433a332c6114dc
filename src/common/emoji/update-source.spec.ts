import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/seeded-random.js'
import { loadEmoji } from './load-emoji.js'
import { byPopularity, UpdateSource, weights } from './update-source.js'

const emoji = loadEmoji()

describe('the order of popularity', () => {
  it('begins with the favourites', () => {
    const first = byPopularity(emoji).slice(0, 8)
    expect(first.map(({ char }) => char).join(' ')).toBe('😂 ❤️ 😍 ♥️ 😭 😘 😊 👌')
  })

  it('knows every favourite', () => {
    // One that isn't counted would leave its rank to an emoji of the draw, far from its place with fewer favourites.
    expect(byPopularity(emoji)[39]?.char).toBe('🙈')
  })

  it('holds each emoji once', () => {
    expect(new Set(byPopularity(emoji))).toEqual(new Set(emoji))
    expect(byPopularity(emoji)).toHaveLength(emoji.length)
  })

  it('is always the same, and not that of the keyboard', () => {
    expect(byPopularity(emoji)).toEqual(byPopularity(emoji))
    const rest = byPopularity(emoji).slice(40)
    const asTyped = emoji.filter((each) => rest.includes(each))
    expect(rest).not.toEqual(asTyped)
  })
})

describe('the weights', () => {
  it("follow Zipf's law", () => {
    expect(weights(4)).toEqual([1, 1 / 2, 1 / 3, 1 / 4])
  })
})

const ranked = byPopularity(loadEmoji())
const seeded = (seed: number) => new UpdateSource(ranked, seededRandom(seed))
const times = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw)

describe('UpdateSource', () => {
  it('makes the same row of the same random numbers, and another of others', () => {
    const row = (source: UpdateSource) => times(200, () => source.post(source.next(), new Date(0)))
    expect(row(seeded(1))).toEqual(row(seeded(1)))
    expect(row(seeded(1))).not.toEqual(row(seeded(2)))
  })

  it.each([
    [0, 0],
    [0.5, 21],
    [1 - Number.EPSILON, 857],
  ])('draws, for the random number %d, the emoji of rank %d', (random, rank) => {
    expect(new UpdateSource(ranked, () => random).next()).toBe(ranked[rank])
  })

  it('draws each emoji as often as its weight says', () => {
    const source = seeded(1)
    const draws = 200_000
    const counts = new Map<string, number>()
    for (let i = 0; i < draws; i++) {
      const { id } = source.next()
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    const total = ranked.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0)
    for (const rank of [0, 1, 9, 99, 499, 857]) {
      const expected = draws / (rank + 1) / total
      const count = counts.get(ranked[rank]?.id ?? '') ?? 0
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected))
    }
  })

  it('writes a post that shows the emoji', () => {
    const source = seeded(1)
    for (const emoji of ranked) expect(source.post(emoji, new Date()).text).toContain(emoji.char)
  })

  it('has nothing to draw from an empty list', () => {
    expect(() => new UpdateSource([], () => 0).next()).toThrow('no emoji to draw from')
  })
})
