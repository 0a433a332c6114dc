import { expect, it } from 'vitest'
import { kindsOf } from './namespace-kind.js'

it.each([
  [['eps'], ['eps']],
  [['details'], ['details']],
  [['details/eps'], ['details']],
  [
    ['details/26', 'eps', 'details/2665'],
    ['eps', 'details'],
  ],
  [
    ['kiosk_interaction', 'raw'],
    ['raw', 'kiosk_interaction'],
  ],
  [['detailsx'], []],
])('says of %j that it holds %j', (namespaces, kinds) => {
  expect(kindsOf(namespaces)).toEqual(kinds)
})
