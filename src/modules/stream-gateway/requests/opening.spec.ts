import { expect, it } from 'vitest'
import { encodeOpening } from './opening.js'

it.each([
  [null, null, ''],
  [100, null, 'retry:100\n\n'],
  [null, 'abc', 'event:token\ndata:abc\n\n'],
  [500, 'abc', 'retry:500\n\nevent:token\ndata:abc\n\n'],
])('the opening for a retry of %s and a token of %s, in one chunk if any', (retryMs, token, text) => {
  expect(encodeOpening(retryMs, token, false).toString()).toBe(text)
  expect(encodeOpening(retryMs, token, true).toString()).toBe(text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`)
})
