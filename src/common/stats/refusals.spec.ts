import { expect, it } from 'vitest'
import { Refusals } from './refusals.js'

it('refusals are counted by reason and in all', () => {
  const refusals = new Refusals()
  expect([refusals.total, [...refusals.counts]]).toEqual([0, []])
  for (const reason of ['too-large', 'too-many-new', 'too-large', '__proto__']) refusals.count(reason)
  expect(refusals.total).toBe(4)
  expect([...refusals.counts]).toEqual([
    ['too-large', 2],
    ['too-many-new', 1],
    ['__proto__', 1],
  ])
})
