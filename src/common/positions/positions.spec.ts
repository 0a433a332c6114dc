import { beforeEach, describe, expect, it } from 'vitest'
import { positionsOf } from '../../../test/support/fakes/positions.js'
import { ScoreLog } from '../score-log/score-log.js'

const EPOCH = 'epoch001'
let log: ScoreLog
let parts: ReturnType<typeof positionsOf>

const append = (count: number) => {
  for (let n = 0; n < count; n++) log.append(Buffer.from('a'))
  parts.totals.advance()
}
const cut = (score: number, epoch = EPOCH) => {
  parts.sequence.mark()
  return parts.sequence.judge({ epoch, scores: new Map([['a', score]]), sum: score }, 5000).kind
}
const share = () => {
  expect(cut(1000)).toBe('first')
  append(100)
  expect(cut(1100)).toBe('agrees')
}

beforeEach(() => {
  log = new ScoreLog({ capacity: 256, maxIds: 4 })
  parts = positionsOf(log)
})

describe('Positions', () => {
  it('are those of the log in a private epoch until a second cut has agreed', () => {
    const { positions } = parts
    append(2)
    expect([positions.id, positions.status]).toEqual([
      'private1-2',
      { mode: 'private', epoch: 'private1', position: 2, oldest: 0, healed: 0, since: 0, reason: 'starting' },
    ])
    share()
    expect([positions.id, positions.status]).toEqual([
      `${EPOCH}-${(1100).toString(36)}`,
      { mode: 'shared', epoch: EPOCH, position: 1100, oldest: 1000, healed: 0, since: 5, reason: null },
    ])
  })

  it('resolve their ids, also those of the private epoch', () => {
    const { positions } = parts
    expect(cut(1000)).toBe('first')
    append(50)
    const own = positions.id
    append(50)
    cut(1100)
    const place = { kind: 'at', eps: 50, raw: 50, message: { at: 50, ordinal: null } }
    expect([positions.resolve(own), positions.resolve(`${EPOCH}-${(1050).toString(36)}`)]).toEqual([place, place])
    expect(positions.resolve(positions.compositeId({ eps: 10, raw: 20, message: { at: 30, ordinal: 2 } }))).toEqual({
      kind: 'at',
      eps: 10,
      raw: 20,
      message: { at: 30, ordinal: 2 },
    })
  })

  it.each([
    ['from the future', () => `${EPOCH}-${(1101).toString(36)}`, { kind: 'ahead' }],
    ['from before the first cut', () => `${EPOCH}-${(999).toString(36)}`, { kind: 'reset', reason: 'too-old' }],
    ['of another epoch', () => 'another1-1', { kind: 'reset', reason: 'unknown' }],
    ['of this process, from its future', () => `${PRIVATE}-${(101).toString(36)}`, { kind: 'reset', reason: 'unknown' }],
    ['malformed', () => 'x', { kind: 'reset', reason: 'malformed' }],
  ])('answer an id %s with the reason', (_what, id, expected) => {
    share()
    expect(parts.positions.resolve(id())).toEqual(expected)
  })

  it('count updates that every node refuses', () => {
    share()
    append(5)
    parts.sequence.refuse(3)
    append(2)
    const { positions } = parts
    expect(positions.status.position).toBe(1110)
    expect([1105, 1107, 1108, 1110].map((at) => positions.resolve(`${EPOCH}-${at.toString(36)}`))).toMatchObject([
      { eps: 105 },
      { kind: 'reset' },
      { eps: 105 },
      { eps: 107 },
    ])
  })

  it('are private while updates wait outside the log, and shared behind them', () => {
    share()
    const { positions, sequence } = parts
    sequence.postpone()
    append(1)
    expect([positions.status.mode, positions.status.reason, positions.id]).toEqual(['private', 'healing', `${PRIVATE}-2t`])
    append(1)
    sequence.caughtUp()
    expect([positions.status.mode, positions.status.position]).toEqual(['shared', 1102])
  })

  it('keep ids from before the first cut good', () => {
    append(2)
    const early = parts.positions.id
    expect([cut(10), parts.positions.resolve(early)]).toMatchObject(['first', { kind: 'at', eps: 2 }])
  })

  it.each([
    ['updates may have been missed', () => parts.sequence.interrupt()],
    ['totals were given out', () => void parts.snapshots.current(0)],
  ])('make them unknown where %s before it', (_what, disturb) => {
    append(2)
    const early = parts.positions.id
    disturb()
    expect([cut(10), parts.positions.resolve(early)]).toEqual(['first', { kind: 'reset', reason: 'unknown' }])
  })

  it('go on behind an outage once the log has what was missed', () => {
    share()
    const { positions, sequence } = parts
    const before = positions.id
    sequence.interrupt()
    append(4)
    expect([positions.status.mode, cut(1110)]).toEqual(['private', 'missed'])
    append(1)
    log.heal(Buffer.from('a'), 6)
    parts.totals.advance()
    sequence.healed(1, 6)
    expect([positions.status.mode, positions.status.position, positions.healed, parts.totals.total('a')]).toEqual(['shared', 1111, 6, 1111])
    expect(positions.resolve(before)).toMatchObject({ kind: 'at', eps: 100 })
    expect(positions.resolve(`${EPOCH}-${(1105).toString(36)}`)).toEqual({ kind: 'reset', reason: 'unknown' })
  })

  it('are private for the reason that a cut gives, and make older ids unknown where totals begin anew', () => {
    share()
    const { positions } = parts
    const before = positions.id
    expect([cut(1200), positions.status.reason]).toEqual(['drift', 'drift'])
    expect([cut(1200, 'epoch002'), positions.status.reason, parts.totals.total('a')]).toEqual(['replaced', 'drift', 1200])
    expect(positions.resolve(before)).toEqual({ kind: 'reset', reason: 'unknown' })
    append(100)
    expect([cut(1300, 'epoch002'), positions.status.mode]).toEqual(['agrees', 'shared'])
    expect([cut(7, 'epoch002'), positions.status.reason]).toEqual(['lost', 'data-lost'])
  })
})

const PRIVATE = 'private1'
