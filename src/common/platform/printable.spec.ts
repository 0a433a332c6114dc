import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visible, visibleJson } from './printable.js'

const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
/** Any text, with more control characters in it than chance would give. */
const text = fc.string({
  unit: fc.oneof(fc.constantFrom('\n', '\r', '\u001b', '\u007f', '\u009b', '\u2028', '\u202e', '"', '\\'), fc.string({ unit: 'binary' })),
})

describe('visible', () => {
  it.each([
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\u007f\u0085\u009b', '\\u007f\\u0085\\u009b'],
    ['\u2028\u202e', '\\u2028\\u202e'],
    ['naïve 😂 👩‍🚀 "quoted" \\ ', 'naïve 😂 👩‍🚀 "quoted" \\ '],
  ])('%j is %s', (given, shown) => {
    expect(visible(given)).toBe(shown)
  })

  it('leaves nothing unsafe, whatever the text', () => {
    fc.assert(fc.property(text, (any) => !UNSAFE.test(visible(any))))
  })
})

describe('visibleJson', () => {
  it('leaves nothing unsafe but the line feed at the end, and means the same, whatever the fields', () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), (fields) => {
        const line = visibleJson(`${JSON.stringify(fields)}\n`)
        expect(line.endsWith('\n')).toBe(true)
        expect(line.slice(0, -1)).not.toMatch(UNSAFE)
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(fields)))
      }),
    )
  })
})
