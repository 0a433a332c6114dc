import { expect, it } from 'vitest'
import { Tally } from './tally.js'

it('counts by label, the known ones from 0', () => {
  const tally = new Tally<string>(['a', 'b'])
  tally.add('b')
  tally.add('b', 5)
  tally.add('new', -1)
  expect([...tally.counts]).toEqual([
    ['a', 0],
    ['b', 6],
    ['new', -1],
  ])
})
