import { expect, it } from 'vitest'
import { LabelCounts } from './label-counts.js'

it('counts by label, the known ones from 0', () => {
  const labels = new LabelCounts<string>(['a', 'b'])
  labels.add('b')
  labels.add('b', 5)
  labels.add('new', -1)
  expect([...labels.counts]).toEqual([
    ['a', 0],
    ['b', 6],
    ['new', -1],
  ])
})
