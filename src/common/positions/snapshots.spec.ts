import { beforeEach, describe, expect, it } from 'vitest'
import { positionsOf } from '../../../test/support/fakes/positions.js'
import { ScoreLog } from '../score-log/score-log.js'
import { Snapshots } from './snapshots.js'

let log: ScoreLog
let parts: ReturnType<typeof positionsOf>

const append = (...ids: string[]) => {
  for (const id of ids) log.append(Buffer.from(id))
}
const scoresAt = (nowMs: number) => JSON.parse(parts.snapshots.current(nowMs).json.toString())

beforeEach(() => {
  log = new ScoreLog({ capacity: 8, maxIds: 8 })
  parts = positionsOf(log)
})

describe('Snapshots', () => {
  it('hold the totals at a position, for any id', () => {
    append('a', '__proto__', '"', 'a')
    const { at, id, json } = parts.snapshots.current(0)
    expect([at, id]).toEqual([4, 'private1-4'])
    expect(json.toString()).toBe('{"a":2,"__proto__":1,"\\"":1}')
  })

  it('are encoded once a second at most, and not again while nothing has come', () => {
    append('a')
    const first = parts.snapshots.current(0)
    append('a')
    expect(parts.snapshots.current(999)).toBe(first)
    const second = parts.snapshots.current(1000)
    expect([second.at, second.json.toString()]).toEqual([2, '{"a":2}'])
    expect(parts.snapshots.current(9000)).toBe(second)
  })

  it('are new ones where totals begin from another cut, and where the log no longer holds what came after', () => {
    append('a')
    expect(scoresAt(0)).toEqual({ a: 1 })
    parts.sequence.mark()
    parts.sequence.judge({ epoch: 'epoch001', scores: new Map([['a', 10]]), sum: 10 }, 0)
    expect(scoresAt(1)).toEqual({ a: 10 })
    append(...'bbbbbbbbb')
    parts.totals.advance()
    expect(parts.snapshots.current(2).at).toBe(10)
  })

  it('are exact where positions are shared, or where there is no other source', () => {
    append('a')
    expect([parts.snapshots.current(0).isExact, new Snapshots(log, parts.totals, parts.positions, true).current(0).isExact]).toEqual([
      false,
      true,
    ])
  })
})
