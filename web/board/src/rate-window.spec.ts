import { expect, it } from 'vitest'
import { RateWindow } from './rate-window.js'

it('gives the rate between two samples, whatever time lies between', () => {
  const window = new RateWindow(10)
  expect(window.sample(100, 5000)).toBeNull()
  expect(window.sample(500, 6000)).toBe(400)
  expect(window.sample(600, 6500)).toBe(200)
  expect(window.sample(600, 16_500)).toBe(0)
  expect(window.rates).toEqual([400, 200, 0])
})

it('takes no rate of no time', () => {
  const window = new RateWindow(10)
  window.sample(1, 1000)
  expect(window.sample(9, 1000)).toBeNull()
  expect(window.rates).toEqual([])
})

it('keeps the newest', () => {
  const window = new RateWindow(3)
  for (let second = 0; second < 10; second++) window.sample(second ** 2, second * 1000)
  expect(window.rates).toEqual([13, 15, 17])
})
