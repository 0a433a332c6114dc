import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatId, type IdParts, parseId } from './position-id.js'

const position = fc.oneof(fc.nat(), fc.maxSafeInteger().map(Math.abs))
const parts: fc.Arbitrary<IdParts> = fc.record({
  epoch: fc.stringMatching(/^[0-9a-z]{8,16}$/),
  eps: position,
  raw: position,
  message: position,
  ordinal: fc.option(position),
})

describe('an event id', () => {
  it('reads as the place that it was made for, and has at most 64 characters that need no escape', () => {
    fc.assert(
      fc.property(parts, (each) => {
        const id = formatId(each)
        expect(parseId(id)).toEqual(each)
        expect(id).toMatch(/^[0-9A-Za-z._-]{1,64}$/)
      }),
    )
  })

  it('has one number where all positions are the same', () => {
    expect(formatId({ epoch: 'abcdefgh', eps: 36, raw: 36, message: 36, ordinal: null })).toBe('abcdefgh-10')
    expect(formatId({ epoch: 'abcdefgh', eps: 36, raw: 36, message: 36, ordinal: 2 })).toBe('abcdefgh-10.2')
    expect(formatId({ epoch: 'abcdefgh', eps: 1, raw: 2, message: 3, ordinal: 0 })).toBe('abcdefgh-1_2_3.0')
  })

  it.each([
    '',
    '7',
    'abcdefgh',
    'abcdefgh-',
    'abc-1',
    'ABCDEFGH-1',
    'abcdefgh-1_2',
    'abcdefgh-1_2_3_4',
    'abcdefgh-1.',
    'abcdefgh--1',
    'abcdefgh-zzzzzzzzzzz',
    'abcdefgh-1\n',
    'abcdefgh-1\r\nevent:x',
    'abcdefgh-1\0',
    ' abcdefgh-1',
    `abcdefgh-${'1'.repeat(10_000)}`,
    'x'.repeat(10_000),
  ])('is not %j', (text) => {
    expect(parseId(text)).toBeNull()
  })

  it('is nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const read = parseId(text)
        if (read !== null) expect(parseId(formatId(read))).toEqual(read)
      }),
    )
  })
})
