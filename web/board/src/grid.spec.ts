import { expect, it } from 'vitest'
import { indexesInSight } from './grid.js'

const GRID = { columns: 4, stepY: 50 }

it.each([
  ['all rows that fit', 0, 200, [0, 16]],
  ['those below the head of the page', 75, 200, [0, 12]],
  ['those that are left when it was scrolled, cut ones too', -75, 200, [4, 24]],
  ['none that is below the screen', 300, 200, [0, 0]],
])('in sight are %s', (_what, top, height, range) => {
  expect(indexesInSight(top, height, GRID)).toEqual(range)
})
