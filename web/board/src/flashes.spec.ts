import { beforeEach, expect, it } from 'vitest'
import { Flashes } from './flashes.js'

let frames: ((nowMs: number) => void)[]
let flashes: Flashes

beforeEach(() => {
  frames = []
  flashes = new Flashes((onFrame) => frames.push(onFrame))
})

const anElement = (): { dataset: DOMStringMap } => ({ dataset: {} })
const nextFrame = (nowMs: number) => {
  for (const onFrame of frames.splice(0)) onFrame(nowMs)
}

it('fades in three steps, and asks for frames until it is over', () => {
  const element = anElement()
  flashes.flash(element, 1000)
  const levels = [1000, 1149, 1150, 1299, 1300, 1449, 1450].map((nowMs) => {
    nextFrame(nowMs)
    return element.dataset['glow']
  })
  expect(levels).toEqual(['3', '3', '2', '2', '1', '1', undefined])
  expect(frames).toEqual([])
})

it('goes out even where a frame is very late', () => {
  const element = anElement()
  flashes.flash(element, 0)
  nextFrame(60_000)
  expect(element.dataset).toEqual({})
})

it('flashes no element more often than three times a second', () => {
  const element = anElement()
  let begun = 0
  for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
    const before = element.dataset['glow']
    flashes.flash(element, nowMs)
    if (before !== '3' && element.dataset['glow'] === '3') begun++
    nextFrame(nowMs)
  }
  expect(begun).toBeGreaterThan(20)
  expect(begun).toBeLessThanOrEqual(30)
})

it('lets 64 be alight at a time, and the next one when there is room again', () => {
  for (let index = 0; index < 64; index++) flashes.flash(anElement(), 0)
  const late = anElement()
  flashes.flash(late, 10)
  expect(late.dataset).toEqual({})
  nextFrame(450)
  flashes.flash(late, 451)
  expect(late.dataset['glow']).toBe('3')
})
