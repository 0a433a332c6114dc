import { describe, expect, it } from 'vitest'
import { ScoreLog } from './score-log.js'

const append = (log: ScoreLog, ids: string) => [...ids].map((id) => log.append(Buffer.from(id)))

/** The ids of all updates that the log still holds, oldest first. */
function held(log: ScoreLog): string {
  let ids = ''
  for (let position = log.oldest + 1; position <= log.position; position++) ids += Buffer.from(log.ids.id(log.indexAt(position))).toString()
  return ids
}

describe('ScoreLog', () => {
  it('begins empty at position 0', () => {
    const log = new ScoreLog({ capacity: 4, maxIds: 4 })
    expect([log.oldest, log.position]).toEqual([0, 0])
  })

  it('counts a position for each update, in order', () => {
    const log = new ScoreLog({ capacity: 4, maxIds: 4 })
    expect(append(log, 'aba')).toEqual([null, null, null])
    expect([log.oldest, log.position]).toEqual([0, 3])
    expect(held(log)).toBe('aba')
  })

  it('overwrites the oldest updates when it is full', () => {
    const log = new ScoreLog({ capacity: 4, maxIds: 4 })
    append(log, 'abab')
    expect([log.oldest, log.position]).toEqual([0, 4])
    append(log, 'c')
    expect([log.oldest, log.position]).toEqual([1, 5])
    expect(held(log)).toBe('babc')
    append(log, 'aabbca')
    expect([log.oldest, log.position]).toEqual([7, 11])
    expect(held(log)).toBe('bbca')
  })

  it('frees an id with its last update, so that ever new ids go on fitting', () => {
    const log = new ScoreLog({ capacity: 3, maxIds: 4 })
    const alphabet = 'abcdefghijklmnopqrstuvwxyz'
    expect(append(log, alphabet)).toEqual([...alphabet].map(() => null))
    expect(held(log)).toBe('xyz')
    expect(log.ids.size).toBe(3)
  })

  it('says why it refuses an update, and does not move', () => {
    const log = new ScoreLog({ capacity: 8, maxIds: 2 })
    append(log, 'ab')
    expect(append(log, 'c')).toEqual(['table-full'])
    expect(append(log, '\n')).toEqual(['control-character'])
    expect(log.append(Buffer.alloc(0))).toBe('empty')
    expect(log.position).toBe(2)
    expect(append(log, 'a')).toEqual([null])
    expect(held(log)).toBe('aba')
  })

  it.each([7, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER - 20])('starts from position %i', (start) => {
    const log = new ScoreLog({ capacity: 4, maxIds: 4, start })
    expect([log.oldest, log.position]).toEqual([start, start])
    append(log, 'abc')
    expect([log.oldest, log.position]).toEqual([start, start + 3])
    expect(held(log)).toBe('abc')
    append(log, 'dab')
    expect([log.oldest, log.position]).toEqual([start + 2, start + 6])
    expect(held(log)).toBe('cdab')
  })

  it('holds as many updates as its capacity says', () => {
    const log = new ScoreLog({ capacity: 1, maxIds: 2 })
    append(log, 'abb')
    expect([log.capacity, log.oldest, log.position]).toEqual([1, 2, 3])
    expect(held(log)).toBe('b')
  })
})
