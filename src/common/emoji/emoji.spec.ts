import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countedEmoji, emojiId } from './emoji.js'
import { loadEmoji } from './load-emoji.js'

const emoji = loadEmoji()

describe('the emoji that are counted', () => {
  it('are 858, each with an id of its own', () => {
    expect(emoji).toHaveLength(858)
    expect(new Set(emoji.map(({ id }) => id)).size).toBe(858)
    expect(new Set(emoji.map(({ char }) => char)).size).toBe(858)
  })

  it.each([
    ['1F602', '😂', 'face with tears of joy', 'Smileys & Emotion'],
    ['2764', '❤️', 'red heart', 'Smileys & Emotion'],
    ['1F1EA-1F1F8', '🇪🇸', 'flag Spain', 'Flags'],
    ['0023-20E3', '#️⃣', 'keycap #', 'Symbols'],
  ])('have %s among them', (id, char, name, group) => {
    expect(emoji.find((each) => each.id === id)).toEqual({ id, char, name, group })
  })

  it('are those of the versions 0.6 and 0.7, in the order of the entries', () => {
    const entry = (emoji_version: string) => ({ name: 'n', group: 'g', emoji_version })
    const counted = countedEmoji({ '😃': entry('0.6'), '😎': entry('1.0'), '☹️': entry('0.7'), '🫠': entry('14.0') })
    expect(counted.map(({ id }) => id)).toEqual(['1F603', '2639'])
  })
})

describe('the id of an emoji', () => {
  it('leads back to it, but for variation selectors', () => {
    fc.assert(
      fc.property(fc.constantFrom(...emoji), ({ id, char }) => {
        expect(id).toMatch(/^[0-9A-F]{4,6}(-[0-9A-F]{4,6})*$/)
        expect(id).not.toMatch(/(^|-)0[0-9A-F]{4,}/)
        const points = id.split('-').map((point) => Number.parseInt(point, 16))
        expect(String.fromCodePoint(...points)).toBe(char.replaceAll('\ufe0f', ''))
        expect(emojiId(char)).toBe(id)
      }),
      { numRuns: 2000 },
    )
  })

  it('is the same with and without variation selector', () => {
    expect(emojiId('❤')).toBe(emojiId('❤️'))
  })

  it('has all code points of a sequence', () => {
    expect(emojiId('👩‍👧')).toBe('1F469-200D-1F467')
  })
})
