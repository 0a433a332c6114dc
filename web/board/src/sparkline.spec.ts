import { expect, it } from 'vitest'
import { sparklinePoints } from './sparkline.js'

const BOX = { width: 100, height: 24, capacity: 5 }

it('needs two figures for a line', () => {
  expect(sparklinePoints([], BOX)).toBe('')
  expect(sparklinePoints([400], BOX)).toBe('')
})

it('goes from 0 to the highest, over the whole width when it is full', () => {
  expect(sparklinePoints([0, 100, 400, 200, 400], BOX)).toBe('0,22 25,17 50,2 75,12 100,2')
})

it('comes in from the right', () => {
  expect(sparklinePoints([0, 400], BOX)).toBe('75,22 100,2')
})

it('lies on the ground while nothing comes', () => {
  expect(sparklinePoints([0, 0], BOX)).toBe('75,22 100,22')
})
