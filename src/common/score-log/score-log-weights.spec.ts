import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeEventName } from '../core/sse-frame.js'
import { MAX_WEIGHT, ScoreLog } from './score-log.js'
import { ScoreSummary } from './score-summary.js'

const IDS = ['a', 'b', 'c', '__proto__']
const VOTES_NAME = encodeEventName('votes')
const bytes = (id: string) => Buffer.from(id)
const sums = (log: ScoreLog, from: number, to = log.position): unknown => {
  const summary = new ScoreSummary(log, VOTES_NAME)
  return summary.reset(to).extendTo(from) ? JSON.parse(summary.toData().toString()) : null
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ id: fc.constantFrom(...IDS), weight: fc.integer({ min: 1, max: MAX_WEIGHT }) }) },
  { weight: 1, arbitrary: fc.constant('seal' as const) },
)
const steps = fc.array(step, { maxLength: 120, size: 'max' })

describe('ScoreLog with weights', () => {
  it('takes one entry for what is added to an id before it is sealed', () => {
    const log = new ScoreLog({ capacity: 8, maxIds: 4 })
    for (const weight of [1, 2, 3]) for (const id of ['a', 'b']) log.add(bytes(id), weight)
    expect([log.position, sums(log, 0)]).toEqual([2, { a: 6, b: 6 }])
    log.seal()
    log.add(bytes('a'), 10)
    expect([log.position, sums(log, 2), sums(log, 0)]).toEqual([3, { a: 10 }, { a: 16, b: 6 }])
  })

  it('has an entry of its own for what was healed, and takes updates of 1 beside it', () => {
    const log = new ScoreLog({ capacity: 8, maxIds: 4 })
    log.append(bytes('a'))
    log.add(bytes('a'), 2)
    log.heal(bytes('a'), 2 ** 40)
    log.add(bytes('a'), 4)
    expect([log.position, sums(log, 0)]).toEqual([3, { a: 2 ** 40 + 7 }])
    expect([1, 2, 3].map((at) => [log.weightAt(at), log.isHealedAt(at)])).toEqual([
      [1, false],
      [6, false],
      [2 ** 40, true],
    ])
  })

  it('adds to an entry of 1', () => {
    const log = new ScoreLog({ capacity: 4, maxIds: 4 })
    log.add(bytes('a'), 1)
    log.add(bytes('a'), 5)
    expect([log.position, sums(log, 0)]).toEqual([1, { a: 6 }])
  })

  it('takes another entry where one would be too heavy, and keeps the sum exact', () => {
    const log = new ScoreLog({ capacity: 8, maxIds: 4 })
    for (let n = 0; n < 3; n++) log.add(bytes('a'), MAX_WEIGHT)
    log.add(bytes('a'), 1)
    expect([log.position, sums(log, 0)]).toEqual([4, { a: 3 * MAX_WEIGHT + 1 }])
  })

  it('forgets an id with its last entry, and refuses one too many until it is sealed', () => {
    const log = new ScoreLog({ capacity: 2, maxIds: 2 })
    expect(['a', 'b', 'c', 'a'].map((id) => log.add(bytes(id), 1))).toEqual([null, null, 'too-many-new', null])
    log.seal()
    for (const id of ['b', 'b']) log.add(bytes(id), 1)
    log.seal()
    log.add(bytes('b'), 1)
    expect([log.add(bytes('c'), 5), sums(log, log.oldest)]).toEqual([null, { b: 1, c: 5 }])
  })

  it('gives an index to a new id once its entries have retired, and adds nothing of the old id to it', () => {
    const log = new ScoreLog({ capacity: 8, maxIds: 2 })
    for (const id of ['a', 'b']) log.add(bytes(id), 3)
    log.seal()
    for (const weight of [5, 7]) log.add(bytes('c'), weight)
    expect([log.oldest, log.position, sums(log, 1), sums(log, 2)]).toEqual([1, 3, { b: 3, c: 12 }, { c: 12 }])
    log.add(bytes('b'), 1)
    expect([log.add(bytes('a'), 1), sums(log, 2)]).toEqual(['too-many-new', { b: 1, c: 12 }])
    log.seal()
    expect([log.add(bytes('a'), 1), log.oldest, sums(log, 4), sums(log, 3)]).toEqual([null, 3, { a: 1 }, { a: 1, b: 1 }])
  })

  it('sums any range between seals exactly, as a history that never forgets', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: IDS.length }), (sequence, capacity, maxIds) => {
        const log = new ScoreLog({ capacity, maxIds })
        /** The weights added since each seal, by the seal's position. */
        const windows: { readonly from: number; readonly added: [string, number][] }[] = [{ from: 0, added: [] }]
        for (const each of sequence) {
          if (each === 'seal') {
            log.seal()
            windows.push({ from: log.position, added: [] })
          } else if (log.add(bytes(each.id), each.weight) === null) windows.at(-1)?.added.push([each.id, each.weight])
        }
        const total: Record<string, number> = Object.create(null)
        for (const { from, added } of windows.reverse()) {
          for (const [id, weight] of added) total[id] = (total[id] ?? 0) + weight
          expect(sums(log, from)).toEqual(from < log.oldest ? null : { ...total })
        }
      }),
      { numRuns: 300 },
    )
  })

  it('takes an id that keeps coming from the next seal on at the latest, after any history', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: IDS.length }), (sequence, capacity, maxIds) => {
        const log = new ScoreLog({ capacity, maxIds, maxNewIds: 1 })
        for (const each of sequence) {
          if (each === 'seal') log.seal()
          else log.add(bytes(each.id), each.weight)
        }
        log.seal()
        const from = log.position
        expect([log.add(bytes('new'), 2), log.add(bytes('new'), 3), sums(log, from)]).toEqual([null, null, { new: 5 }])
      }),
    )
  })
})
