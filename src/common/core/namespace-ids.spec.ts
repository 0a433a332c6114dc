import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idFault, MAX_ID_BYTES } from './namespace.js'

const fault = (text: string) => idFault(Buffer.from(text))

describe('idFault', () => {
  it.each([
    '1F602',
    '1F1EA-1F1F8',
    'a',
    ' ',
    'a/b?c=d&e#f',
    '"\\{}',
    '__proto__',
    'é',
    '\u00a0',
    '\u0100',
    '\u2028',
    '😂',
    '\u{10ffff}',
    'Â',
  ])('takes %j', (id) => {
    expect(fault(id)).toBeNull()
  })

  it('refuses an empty id', () => {
    expect(fault('')).toBe('empty')
  })

  it('bounds an id by its bytes, not by its characters', () => {
    expect(MAX_ID_BYTES).toBe(128)
    expect(fault('x'.repeat(128))).toBeNull()
    expect(fault('x'.repeat(129))).toBe('too-long')
    expect(fault('é'.repeat(64))).toBeNull()
    expect(fault(`${'é'.repeat(64)}x`)).toBe('too-long')
  })

  const controls = [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, i) => 0x80 + i)]

  it('rejects every control character at every place', () => {
    for (const control of controls.map((code) => String.fromCodePoint(code))) {
      for (const id of [control, `${control}ab`, `a${control}b`, `ab${control}`, `¢${control}`, `😂${control}é`]) {
        expect([id, fault(id)]).toEqual([id, 'control-character'])
      }
    }
  })

  it.each([
    ['a lone continuation byte', [0x80]],
    ['a sequence that is cut off', [0x61, 0xf0, 0x9f, 0x98]],
    ['a lone C2', [0xc2]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0xbd]],
    ['a pair of surrogates (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x82]],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['FF', [0x41, 0xff]],
  ])('refuses %s as invalid UTF-8', (_, bytes) => {
    expect(idFault(Uint8Array.from(bytes))).toBe('invalid-utf8')
  })

  it('takes exactly the bytes that decode to 1 to 128 bytes of text without control characters', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 70 }).map((text) => new Uint8Array(Buffer.from(text))),
    )
    fc.assert(
      fc.property(bytes, (id) => {
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(id)
        const isText = Buffer.from(text).equals(id) && id.length >= 1 && id.length <= 128
        expect(idFault(id) === null).toBe(isText && !/\p{Cc}/u.test(text))
      }),
      { numRuns: 500 },
    )
  })
})
