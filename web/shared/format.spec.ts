import { expect, it } from 'vitest'
import { formatBytes, formatCount, formatMs, formatSeconds, formatWhole, MISSING, orMissing } from './format.js'

it.each([
  [0, '0'],
  [0.44, '0.4'],
  [58.82, '58.8'],
  [99.96, '100'],
  [100.4, '100'],
  [9_999, '9,999'],
  [9_999.6, '10.0k'],
  [12_345, '12.3k'],
  [123_456, '123k'],
  [999_499, '999k'],
  [999_500, '1.00M'],
  [4_561_000, '4.56M'],
  [1_234_567_890, '1235M'],
])('writes the count %d as %s', (value, text) => expect(formatCount(value)).toBe(text))

it.each([
  [0, '0 B'],
  [812, '812 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [1_214, '1.21 kB'],
  [105_000, '105 kB'],
  [999_900, '1.00 MB'],
  [34_460_000, '34.5 MB'],
  [7e12, '7.00 TB'],
  [7e15, '7000 TB'],
])('writes %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

it.each([
  [-3, '0 s'],
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [200, '3 min 20 s'],
  [3_600, '1 h'],
  [7_500, '2 h 5 min'],
  [86_399, '23 h 59 min'],
  [356_400, '4 d 3 h'],
])('writes %d seconds as %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text))

it.each([
  [0, '0 ms'],
  [340.2, '340 ms'],
  [2_100, '2 s'],
  [61_000, '1 min 1 s'],
])('writes %d ms as %s', (ms, text) => expect(formatMs(ms)).toBe(text))

it('writes a dash for what is missing, and not for a zero', () => {
  expect(orMissing(null, formatWhole)).toBe(MISSING)
  expect(orMissing(0, formatWhole)).toBe('0')
  expect(formatWhole(1_234_567)).toBe('1,234,567')
})
