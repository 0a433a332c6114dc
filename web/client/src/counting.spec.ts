import { expect, it } from 'vitest'
import { covers, isCounting } from './counting.js'

it.each([
  ['eps', true],
  ['eps/2665', true],
  ['eps/', true],
  ['epsilon', false],
  ['raw', false],
  ['details/eps', false],
])('%s counts: %s', (namespace, counts) => {
  expect(isCounting(namespace)).toBe(counts)
})

it.each([
  [['eps'], 'eps/2665', true],
  [['eps'], 'eps', true],
  [['eps/2665'], 'eps', false],
  [['eps/2665'], 'eps/26', false],
  [['eps'], 'raw', false],
  [['raw'], 'raw', true],
])('%j covers %s: %s', (open, namespace, isCovered) => {
  expect(covers(open, namespace)).toBe(isCovered)
})
