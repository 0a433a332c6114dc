import { beforeEach, expect, it } from 'vitest'
import { Flashes, type Flashing } from './flashes.js'

let frames: ((nowMs: number) => void)[]
let later: boolean
let flashes: Flashes<Flashing>

beforeEach(() => {
  frames = []
  later = false
  flashes = new Flashes(
    () => !later,
    (onFrame) => frames.push(onFrame),
  )
})

const aCell = () => ({ element: { dataset: {} as DOMStringMap } })
const nextFrame = (nowMs: number) => {
  for (const onFrame of frames.splice(0)) onFrame(nowMs)
}

it('fades in three steps, and asks for frames until it is over', () => {
  const cell = aCell()
  flashes.flash(cell, 1000)
  const levels = [1000, 1149, 1150, 1299, 1300, 1449, 1450].map((nowMs) => {
    nextFrame(nowMs)
    return cell.element.dataset['glow']
  })
  expect(levels).toEqual(['3', '3', '2', '2', '1', '1', undefined])
  expect(frames).toEqual([])
})

it('goes out even where a frame is very late', () => {
  const cell = aCell()
  flashes.flash(cell, 0)
  nextFrame(60_000)
  expect(cell.element.dataset).toEqual({})
})

it('flashes no element more often than three times a second', () => {
  const cell = aCell()
  let begun = 0
  for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
    const before = cell.element.dataset['glow']
    flashes.flash(cell, nowMs)
    if (before !== '3' && cell.element.dataset['glow'] === '3') begun++
    nextFrame(nowMs)
  }
  expect(begun).toBeGreaterThan(20)
  expect(begun).toBeLessThanOrEqual(30)
})

it('lets 64 be alight at a time, and the next one when there is room again', () => {
  for (let index = 0; index < 64; index++) flashes.flash(aCell(), 0)
  const late = aCell()
  flashes.flash(late, 10)
  expect(late.element.dataset).toEqual({})
  nextFrame(450)
  flashes.flash(late, 451)
  expect(late.element.dataset['glow']).toBe('3')
})

it('waits with each step for the turn of its cell', () => {
  const cell = aCell()
  flashes.flash(cell, 0)
  later = true
  nextFrame(160)
  expect(cell.element.dataset['glow']).toBe('3')
  later = false
  nextFrame(310)
  expect(cell.element.dataset['glow']).toBe('1')
})
