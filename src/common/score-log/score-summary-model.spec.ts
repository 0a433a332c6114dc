import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeEventName } from '../core/sse-frame.js'
import { ScoreLog } from './score-log.js'
import { ScoreSummary } from './score-summary.js'

const IDS = ['1F602', '1F1EA-1F1F8', '__proto__', 'constructor', 'toString', '"', '\\', '😂', 'é\u2028', '10', '9']

/** The updates that the log took, and a plain sum over them. */
class Model {
  readonly accepted: string[] = []
  private retired = 0

  constructor(
    readonly capacity: number,
    readonly maxIds: number,
    readonly start: number,
  ) {}

  get oldest(): number {
    return this.start + Math.max(this.retired, this.accepted.length - this.capacity)
  }

  /** The ids of the updates after a position, without the ones that have gone. */
  alive(from: number): Set<string> {
    return new Set(this.accepted.slice(Math.max(from, this.oldest) - this.start))
  }

  /** Retires as few updates as make room for the id. */
  makeRoom(id: string): void {
    for (;;) {
      const alive = this.alive(this.oldest)
      if (alive.has(id) || alive.size < this.maxIds) return
      this.retired = this.oldest - this.start + 1
    }
  }

  sum(from: number, to: number): Map<string, number> {
    const counts = new Map<string, number>()
    for (const id of this.accepted.slice(from - this.start, to - this.start)) counts.set(id, (counts.get(id) ?? 0) + 1)
    return counts
  }
}

function append(log: ScoreLog, model: Model, id: string): void {
  // With a seal before it, an id always finds room.
  log.seal()
  expect(log.append(Buffer.from(id))).toBe(null)
  model.makeRoom(id)
  model.accepted.push(id)
}

/** Object.entries reads own keys only, `__proto__` among them. */
const parse = (json: Buffer) => new Map(Object.entries<number>(JSON.parse(json.toString())))

const EPS_NAME = encodeEventName('eps')
const shape = fc.record({
  capacity: fc.integer({ min: 1, max: 24 }),
  maxIds: fc.integer({ min: 1, max: 8 }),
  start: fc.constantFrom(0, 5, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 40),
})
const updates = fc.array(fc.constantFrom(...IDS), { maxLength: 60, size: 'max' })
const rounds = fc.array(fc.record({ updates, a: fc.nat(), b: fc.nat() }), { minLength: 1, maxLength: 6 })

describe('ScoreSummary', () => {
  it('equals a plain sum over any part of the log, through wrap-around, retirement and the reuse of ids', () => {
    fc.assert(
      fc.property(shape, rounds, ({ capacity, maxIds, start }, sequence) => {
        const log = new ScoreLog({ capacity, maxIds, start })
        const model = new Model(capacity, maxIds, start)
        const summary = new ScoreSummary(log, EPS_NAME)
        for (const { updates, a, b } of sequence) {
          for (const id of updates) append(log, model, id)
          expect([log.oldest, log.position]).toEqual([model.oldest, start + model.accepted.length])
          const span = log.position - log.oldest + 1
          const cursors = [log.oldest + (a % span), log.oldest + (b % span)].sort((x, y) => y - x)
          summary.reset(log.position)
          for (const from of cursors) {
            expect(summary.extendTo(from)).toBe(true)
            expect(parse(summary.toData())).toEqual(model.sum(from, log.position))
            expect(summary.toData().toString() === '{}').toBe(from === log.position)
          }
          expect(summary.extendTo(log.oldest - 1)).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('stays exact where the log grows between one cursor and the next', () => {
    fc.assert(
      fc.property(
        shape,
        updates,
        fc.array(fc.constantFrom(...IDS), { maxLength: 12 }),
        fc.nat(),
        ({ capacity, maxIds, start }, before, after, a) => {
          const log = new ScoreLog({ capacity, maxIds, start })
          const model = new Model(capacity, maxIds, start)
          for (const id of before) append(log, model, id)
          const to = log.position
          const first = to - (a % (to - log.oldest + 1))
          const summary = new ScoreSummary(log, EPS_NAME)
          summary.reset(to).extendTo(first)
          for (const id of after) append(log, model, id)
          const isServed = summary.extendTo(log.oldest)
          expect(isServed).toBe(true)
          if (log.oldest <= first) expect(parse(summary.toData())).toEqual(model.sum(log.oldest, to))
        },
      ),
      { numRuns: 300 },
    )
  })
})
