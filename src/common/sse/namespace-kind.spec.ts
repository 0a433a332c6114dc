import { expect, it } from 'vitest'
import { kindsOf } from './namespace-kind.js'

it.each([
  [['eps'], ['eps']],
  [['details'], ['details']],
  [['details/eps'], ['details']],
  [
    ['details/26', 'eps', 'details/2665'],
    ['details', 'eps'],
  ],
  [
    ['kiosk_interaction', 'raw'],
    ['kiosk_interaction', 'raw'],
  ],
  [['trending'], ['trending']],
])('says of %j that it holds %j', (namespaces, kinds) => {
  expect(kindsOf(namespaces)).toEqual(kinds)
})
