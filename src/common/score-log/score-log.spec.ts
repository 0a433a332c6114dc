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
    expect(append(log, 'c')).toEqual(['too-many-new'])
    expect(append(log, '\n')).toEqual(['control-character'])
    expect(log.append(Buffer.alloc(0))).toBe('empty')
    expect(log.append(Buffer.alloc(129, 'x'))).toBe('too-long')
    expect(log.append(Buffer.from([0xed, 0xa0, 0xbd]))).toBe('invalid-utf8')
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

  it('retires the oldest updates while a new id finds no room', () => {
    const log = new ScoreLog({ capacity: 16, maxIds: 3 })
    append(log, 'abacb')
    log.seal()
    expect(append(log, 'd')).toEqual([null])
    expect([held(log), log.oldest, log.position]).toEqual(['cbd', 3, 6])
    log.seal()
    append(log, 'e')
    expect([held(log), log.oldest, log.position]).toEqual(['bde', 4, 7])
  })

  it('goes on wrapping around after updates have retired', () => {
    const log = new ScoreLog({ capacity: 4, maxIds: 2 })
    append(log, 'aabb')
    log.seal()
    append(log, 'cbcb')
    expect([held(log), log.oldest, log.position]).toEqual(['cbcb', 4, 8])
  })

  it('retires nothing for an id that it refuses', () => {
    const log = new ScoreLog({ capacity: 16, maxIds: 2 })
    append(log, 'ab')
    log.seal()
    append(log, '\n')
    log.append(Buffer.alloc(129, 'x'))
    expect(held(log)).toBe('ab')
  })

  it('retires nothing that came after the last seal, and takes ids that it knows all the same', () => {
    const log = new ScoreLog({ capacity: 16, maxIds: 2 })
    append(log, 'ab')
    log.seal()
    expect(append(log, 'cabdca')).toEqual([null, null, 'too-many-new', 'too-many-new', null, null])
    expect(held(log)).toBe('caca')
    log.seal()
    expect(append(log, 'bd')).toEqual([null, null])
    expect(held(log)).toBe('bd')
  })

  it('takes so many new ids between two seals, and any number of updates of ids that it knows', () => {
    const log = new ScoreLog({ capacity: 16, maxIds: 16, maxNewIds: 2 })
    expect(append(log, 'abcabab')).toEqual([null, null, 'too-many-new', null, null, null, null])
    log.seal()
    expect(append(log, 'acde')).toEqual([null, null, null, 'too-many-new'])
  })

  it('spreads the retirement of very many updates over several flushes', () => {
    const log = new ScoreLog({ capacity: 2 ** 20, maxIds: 2 })
    const [a, b] = [Buffer.from('a'), Buffer.from('b')]
    for (let n = 0; n < 600_000; n++) log.append(n % 2 === 0 ? a : b)
    log.seal()
    expect([append(log, 'c'), log.oldest]).toEqual([['too-many-new'], 2 ** 19])
    log.seal()
    expect([append(log, 'c'), held(log)]).toEqual([[null], 'bc'])
  })

  it('takes real ids again, whatever number of others came once', () => {
    const log = new ScoreLog({ capacity: 1 << 16, maxIds: 1000 })
    for (let n = 0; n < 5000; n++) {
      if (n % 100 === 0) log.seal()
      log.append(Buffer.from(`once-${n}`))
    }
    log.seal()
    expect(append(log, 'xyzxyz')).toEqual(Array(6).fill(null))
  })

  it('knows the id of each update', () => {
    const log = new ScoreLog({ capacity: 4, maxIds: 4, start: 7 })
    append(log, 'abcab')
    expect([9, 10, 11, 12].map((position) => Buffer.from(log.idAt(position)).toString())).toEqual(['b', 'c', 'a', 'b'])
  })

  it('knows how many bytes the ids of any updates have', () => {
    const log = new ScoreLog({ capacity: 4, maxIds: 4 })
    for (const id of ['1F602', '2665', '1F1EA-1F1F8', '2665', '😂']) log.append(Buffer.from(id))
    expect([log.bytesBetween(1, 5), log.bytesBetween(1, 2), log.bytesBetween(2, 4), log.bytesBetween(5, 5)]).toEqual([23, 4, 15, 0])
  })
})
