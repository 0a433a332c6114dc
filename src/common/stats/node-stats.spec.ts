import { expect, it } from 'vitest'
import { streamKind } from './node-stats.js'

it.each([
  [['eps'], 'eps'],
  [['eps/2665'], 'eps'],
  [['eps/details'], 'eps'],
  [['raw'], 'raw'],
  [['details'], 'details'],
  [['details/2665'], 'detail'],
  [['details/eps'], 'detail'],
  [['kiosk_interaction'], 'kiosk_interaction'],
  [['eps', 'details/2665'], 'multiplexed'],
  [['eps/2665', 'eps/26'], 'multiplexed'],
  [['trending'], 'trending'],
])('%j is of the kind %s', (namespaces, kind) => {
  expect(streamKind(namespaces)).toBe(kind)
})
