import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScoreLog } from './score-log.js'

const IDS = Array.from({ length: 40 }, (_, n) => `id-${n}`.padEnd(1 + ((n * 7) % 30), '+'))

const shape = fc.record({
  capacity: fc.integer({ min: 1, max: 300 }),
  maxIds: fc.integer({ min: 1, max: 30 }),
  maxNewIds: fc.integer({ min: 1, max: 12 }),
  start: fc.constantFrom(0, 63, 64, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 40),
  seed: fc.nat(),
})
const step = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...IDS) },
  { weight: 4, arbitrary: fc.constantFrom(...IDS.slice(0, 3)) },
  { weight: 1, arbitrary: fc.constant('seal' as const) },
)
const steps = fc.array(step, { maxLength: 600, size: 'max' })

/** Returns the accepted ids. */
function play(log: ScoreLog, sequence: readonly string[]): string[] {
  const accepted: string[] = []
  for (const each of sequence) {
    if (each === 'seal') log.seal()
    else if (log.append(Buffer.from(each)) === null) accepted.push(each)
  }
  return accepted
}

describe('ScoreLog', () => {
  it('takes an id that keeps coming from the next seal on at the latest, after any history', () => {
    fc.assert(
      fc.property(shape, steps, fc.constantFrom('id-0', 'new'), (options, sequence, id) => {
        const log = new ScoreLog(options)
        play(log, sequence)
        log.seal()
        const { position } = log
        expect([log.append(Buffer.from(id)), log.append(Buffer.from(id))]).toEqual([null, null])
        expect([log.position, Buffer.from(log.idAt(log.position)).toString()]).toEqual([position + 2, id])
      }),
    )
  })

  it('never retires what came after the last seal, however many ids are new', () => {
    fc.assert(
      fc.property(shape, steps, steps, (options, before, after) => {
        const log = new ScoreLog(options)
        play(log, before)
        log.seal()
        const sealed = log.position
        play(
          log,
          after.filter((each) => each !== 'seal'),
        )
        expect(log.oldest).toBeLessThanOrEqual(Math.max(sealed, log.position - log.capacity))
      }),
    )
  })

  it('refuses a new id, and never another, once it has taken as many new ones as it may since the last seal, or all ids are as new', () => {
    fc.assert(
      fc.property(shape, steps, (options, sequence) => {
        const log = new ScoreLog(options)
        let sealed = log.position
        let fresh = 0
        for (const each of sequence) {
          if (each === 'seal') {
            log.seal()
            sealed = log.position
            fresh = 0
            continue
          }
          const alive = new Set(idsOf(log, log.oldest))
          const isNew = !alive.has(each)
          const isFull = alive.size === options.maxIds && new Set(idsOf(log, Math.max(sealed, log.oldest))).size === options.maxIds
          const isRefused = isNew && (fresh === options.maxNewIds || isFull)
          expect(log.append(Buffer.from(each))).toBe(isRefused ? 'too-many-new' : null)
          if (isNew && !isRefused) fresh++
        }
      }),
      { numRuns: 30 },
    )
  })

  it('knows the id of each update that it holds, and the bytes between any two positions', () => {
    fc.assert(
      fc.property(shape, steps, fc.nat(), fc.nat(), (options, sequence, a, b) => {
        const log = new ScoreLog(options)
        const accepted = play(log, sequence)
        const ids = idsOf(log, log.oldest)
        expect(ids).toEqual(accepted.slice(log.oldest - options.start))
        const [from = 0, to = 0] = [a, b].map((each) => each % (ids.length + 1)).sort((x, y) => x - y)
        const bytes = ids.slice(from, to).reduce((sum, { length }) => sum + length, 0)
        expect(log.bytesBetween(log.oldest + from, log.oldest + to)).toBe(bytes)
      }),
      { numRuns: 300 },
    )
  })
})

function idsOf(log: ScoreLog, from: number): string[] {
  return Array.from({ length: log.position - from }, (_, n) => Buffer.from(log.idAt(from + n + 1)).toString())
}
