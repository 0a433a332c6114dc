import { describe, expect, it } from 'vitest'
import { loadEmoji } from './load-emoji.js'
import { byPopularity, weights } from './popularity.js'

const emoji = loadEmoji()

describe('the order of popularity', () => {
  it('begins with the favourites', () => {
    const first = byPopularity(emoji).slice(0, 8)
    expect(first.map(({ char }) => char).join(' ')).toBe('😂 ❤️ 😍 ♥️ 😭 😘 😊 👌')
  })

  it('knows every favourite', () => {
    // One that isn't counted would leave its rank to an emoji of the draw, far from where that stands with fewer favourites.
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
