import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { datagrams, encodeReport } from './plaintext.js'

describe('encodeReport', () => {
  it('is a line of path, value and whole seconds for each metric', () => {
    const metrics = [
      ['stream.raw.clients', 0],
      ['stream.eps.rate', 58.82352941],
    ] as const
    expect(encodeReport('key.web.1', metrics, 1_700_000_000_999)).toBe(
      'key.web.1.stream.raw.clients 0 1700000000\nkey.web.1.stream.eps.rate 58.824 1700000000\n',
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('leaves out %s', (value) => {
    expect(
      encodeReport(
        'p',
        [
          ['a', value],
          ['b', 1],
        ],
        0,
      ),
    ).toBe('p.b 1 0\n')
  })

  it('writes large counters in full, and small values without an exponent', () => {
    expect(
      encodeReport(
        'p',
        [
          ['a', 2 ** 53 - 1],
          ['b', 1e-7],
          ['c', -0.0004],
        ],
        0,
      ),
    ).toBe('p.a 9007199254740991 0\np.b 0 0\np.c 0 0\n')
  })
})

const sizes = (text: string, maxBytes: number) => Array.from(datagrams(Buffer.from(text), maxBytes), String)

describe('datagrams', () => {
  it('keeps a report whole that fits', () => {
    expect(sizes('a 1 0\nb 2 0\n', 12)).toEqual(['a 1 0\nb 2 0\n'])
  })

  it('cuts at line ends, as late as the bound allows', () => {
    expect(sizes('a 1 0\nb 2 0\nc 3 0\n', 17)).toEqual(['a 1 0\nb 2 0\n', 'c 3 0\n'])
  })

  it('sends a line alone that is longer than the bound', () => {
    expect(sizes('a 1 0\nlong.name 1 0\nb 2 0\n', 8)).toEqual(['a 1 0\n', 'long.name 1 0\n', 'b 2 0\n'])
  })

  it('loses nothing, cuts no line, and keeps to the bound, whatever the lines', () => {
    const lines = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom('a', '.', '1') }), { maxLength: 60 })
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 120 }), (all, maxBytes) => {
        const text = all.map((line) => `${line}\n`).join('')
        const parts = sizes(text, maxBytes)
        expect(parts.join('')).toBe(text)
        for (const part of parts) {
          expect(part.endsWith('\n')).toBe(true)
          expect(part.length <= maxBytes || part.indexOf('\n') === part.length - 1).toBe(true)
        }
      }),
    )
  })
})
