import { expect, it } from 'vitest'
import { charOf } from './emoji-id.js'

it.each([
  ['1F602', '😂\u{fe0f}'],
  ['2665', '♥\u{fe0f}'],
  ['1F1EA-1F1F8', '🇪🇸'],
  ['0023-20E3', '#⃣'],
  ['10FFFD', null],
  ['110000', null],
  ['D83D', null],
  ['0000', null],
  ['0020', null],
  ['1f602', null],
  ['265', null],
  ['1F602-', null],
  ['<b>', null],
  ['__proto__', null],
  ['', null],
])('the character of the id %o is %o', (id, char) => {
  expect(charOf(id)).toBe(char)
})
