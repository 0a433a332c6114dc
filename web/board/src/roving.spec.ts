import { expect, it } from 'vitest'
import { nextIndex } from './roving.js'

/** From the cell 5 of 0 to 22, in rows of 4. */
it.each([
  ['ArrowRight', 6],
  ['ArrowLeft', 4],
  ['ArrowDown', 9],
  ['ArrowUp', 1],
  ['PageUp', null],
  ['Home', 0],
  ['End', 22],
  ['a', null],
  ['Tab', null],
])('%s leads to %o', (key, index) => {
  expect(nextIndex(key, 5, 23, 4)).toBe(index)
})

it.each([
  ['ArrowLeft', 0],
  ['ArrowUp', 3],
  ['ArrowRight', 22],
  ['ArrowDown', 19],
])('%s stays at the edge, on %i', (key, index) => {
  expect(nextIndex(key, index, 23, 4)).toBeNull()
})

it('goes five rows by a page', () => {
  expect(nextIndex('PageDown', 1, 23, 4)).toBe(21)
})
