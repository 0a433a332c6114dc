import { describe, expect, it } from 'vitest'
import { positionsOf } from '../../../test/support/fakes/positions.js'
import { encodeEventName } from '../core/sse-frame.js'
import { ScoreLog } from '../score-log/score-log.js'
import { TotalsDigest } from './totals-digest.js'

const NAMED = 2
const RESUMABLE = 4

function aDigest(maxIds = 100) {
  const log = new ScoreLog({ capacity: 64, maxIds: 32 })
  const { totals, positions } = positionsOf(log, { maxIds })
  const digest = new TotalsDigest(log, encodeEventName('eps'), (at) => positions.idAt(at), totals)
  const append = (...ids: readonly string[]) => {
    for (const id of ids) log.append(Buffer.from(id))
    totals.advance()
  }
  const read = (from: number, to: number, variant = 0) => digest.read(from, to)?.frames.for(variant).toString()
  return { append, read, idAt: (at: number) => positions.idAt(at) }
}

describe('TotalsDigest', () => {
  it('has the totals of the ids that occur, and no others', () => {
    const { append, read, idAt } = aDigest()
    append('a', 'b', 'a')
    append('c', 'a')
    expect(JSON.parse(read(3, 5)?.slice('data:'.length) ?? '')).toEqual({ a: 3, c: 1 })
    expect(read(4, 5)).toBe('data:{"a":3}\n\n')
    expect(read(4, 5, NAMED + RESUMABLE)).toBe(`id:${idAt(5)}\nevent:eps\ndata:{"a":3}\n\n`)
  })

  it('leaves out an id whose total is unknown, because there was no room for it', () => {
    const { append, read } = aDigest(1)
    append('a', 'b', 'a')
    expect(read(0, 3)).toBe('data:{"a":2}\n\n')
  })
})
