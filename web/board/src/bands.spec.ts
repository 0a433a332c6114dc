import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Bands } from './bands.js'

const TOP = 0
const BOTTOM = 0.999

it('has a small screen change as a whole in every frame', () => {
  const bands = new Bands()
  bands.resize(1440, 900)
  for (const nowMs of [0, 16, 33]) expect([bands.isTurnOf(TOP, nowMs), bands.isTurnOf(BOTTOM, nowMs)]).toEqual([true, true])
})

it('has each place of a large screen change in one frame of six, in turn from top to bottom', () => {
  const bands = new Bands()
  bands.resize(3840, 2160)
  const parts = [0, 0.2, 0.4, 0.6, 0.7, BOTTOM]
  const turns = Array.from({ length: 12 }, (_, frame) => parts.filter((part) => bands.isTurnOf(part, frame)))
  expect(turns.every((each) => each.length === 1)).toBe(true)
  expect(new Set(turns.slice(0, 6).flat()).size).toBe(6)
  expect(turns.slice(6)).toEqual(turns.slice(0, 6))
})

it('gives every place its turn, and what is not on the screen any, however large the screen is', () => {
  const screen = fc.nat(10_000)
  fc.assert(
    fc.property(screen, screen, fc.double({ min: 0, max: 0.999, noNaN: true }), (width, height, part) => {
      const bands = new Bands()
      bands.resize(width, height)
      for (const elsewhere of [-0.1, 1, Number.NaN]) expect(bands.isTurnOf(elsewhere, 0)).toBe(true)
      const most = Math.ceil((width * height) / 1_000_000) + 1
      expect(Array.from({ length: most }, (_, frame) => bands.isTurnOf(part, frame))).toContain(true)
    }),
  )
})
