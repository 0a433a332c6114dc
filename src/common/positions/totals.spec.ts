import { beforeEach, describe, expect, it } from 'vitest'
import { ScoreLog } from '../score-log/score-log.js'
import { Totals } from './totals.js'

let log: ScoreLog
let totals: Totals

const append = (...ids: string[]) => {
  for (const id of ids) log.append(Buffer.from(id))
  totals.advance()
  log.seal()
}
const all = () => Object.fromEntries([...totals].map(({ id, total }) => [id, total]))

beforeEach(() => {
  log = new ScoreLog({ capacity: 8, maxIds: 4 })
  totals = new Totals(log, 3)
})

describe('Totals', () => {
  it('count the increments of the log, with their weights', () => {
    append('a', 'b', 'a')
    log.add(Buffer.from('b'), 10)
    log.heal(Buffer.from('a'), 5)
    totals.advance()
    expect([all(), totals.position]).toEqual([{ a: 7, b: 11 }, 5])
  })

  it('keep the total of an id that the log has forgotten, and of one that comes back under another index', () => {
    for (const id of 'aabbaabbaabbcccccccca') append(id)
    expect(all()).toEqual({ a: 7, b: 6, c: 8 })
  })

  it('begin from a cut, less what came after its mark', () => {
    append('a')
    totals.mark()
    append('a', 'b')
    totals.rebase(new Map(Object.entries({ a: 100, c: 7 })), true)
    totals.unmark()
    append('b')
    expect([all(), totals.basis]).toEqual([{ a: 101, b: 2, c: 7 }, 1])
  })

  it('know the scores at a mark while more updates come, by the latest cut', () => {
    totals.mark()
    totals.rebase(new Map([['a', 10]]), true)
    totals.unmark()
    append('a')
    totals.mark()
    append('a', 'b')
    expect([totals.scoreAtMark('a'), totals.scoreAtMark('b'), totals.countAtMark()]).toEqual([11, 0, 1])
    totals.rebase(new Map([['a', 50]]), false)
    totals.mark()
    expect([totals.scoreAtMark('a'), totals.total('a')]).toEqual([51, 12])
  })

  it('are incomplete with more ids than their bound, until a cut with fewer', () => {
    append('a', 'b', 'c')
    expect(totals.isComplete).toBe(true)
    append('d')
    expect([totals.isComplete, totals.total('d')]).toEqual([false, 0])
    totals.mark()
    totals.rebase(new Map([['d', 4]]), true)
    expect([totals.isComplete, all()]).toEqual([true, { d: 4 }])
    append('d')
    expect(all()).toEqual({ d: 5 })
  })

  it('have a place for each id that a subscriber follows, whatever the bound, and none for one that never comes', () => {
    append('a', 'b', 'c')
    for (const id of ['d', 'd', 'e', 'nobody']) totals.pin(id)
    totals.unpin('d')
    append('d')
    expect([totals.size, totals.total('d'), totals.isComplete]).toEqual([4, 1, true])
    totals.unpin('e')
    append('e')
    expect([totals.total('e'), totals.isComplete]).toEqual([0, false])
    totals.mark()
    totals.rebase(new Map(Object.entries({ a: 1, b: 1, c: 1, x: 1, d: 9 })), true)
    expect([totals.total('d'), totals.total('x')]).toEqual([9, 0])
  })

  it('say that they are incomplete where the log has overwritten what they have not read', () => {
    for (let n = 0; n < 9; n++) log.append(Buffer.from('a'))
    totals.advance()
    expect([totals.isComplete, totals.total('a')]).toEqual([false, 8])
  })
})
