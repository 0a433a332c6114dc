import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignment } from './alignment.js'

describe('alignment', () => {
  it('finds where one sequence begins in the other, whichever of them is longer', () => {
    const item = fc.uniqueArray(fc.string(), { minLength: 3, maxLength: 20 })
    fc.assert(
      fc.property(item, fc.nat(), fc.nat(), (all, startOf, endOf) => {
        const start = startOf % (all.length - 2)
        const end = start + 3 + (endOf % (all.length - start - 2))
        expect(alignment(all.slice(0, end), all.slice(start), 3)).toBe(start)
        expect(alignment(all, all.slice(start, end), 3)).toBe(start)
      }),
    )
  })

  it.each([
    ['too little is the same', ['a', 'b', 'c'], ['b', 'c', 'd'], 3],
    ['one differs', ['a', 'b', 'c', 'd'], ['b', 'c', 'x'], 1],
    ['there are several places', ['a', 'a', 'a', 'a'], ['a', 'a', 'a'], 3],
    ['either is empty', [], ['a'], 1],
    ['the other is empty', ['a'], [], 1],
  ])('finds none where %s', (_, earlier, later, least) => {
    expect(alignment(earlier, later, least)).toBeNull()
  })
})
