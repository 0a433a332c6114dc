import { Logger } from '@nestjs/common'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ResumeModel, type ResumeSetup, type ResumeStep } from '../../../../../test/support/fakes/resume-model.js'

const CLIENTS = [
  { namespaces: ['eps', 'raw', 'details'], isChunked: true },
  { namespaces: ['details/a', 'raw', 'eps', 'details/b'] },
  { namespaces: ['eps', 'details/a'] },
  { namespaces: ['raw', 'details'], isChunked: true },
  { namespaces: ['raw', 'eps'] },
  { namespaces: ['eps', 'raw', 'details'], isChunked: true },
  { namespaces: ['eps'] },
  { namespaces: ['raw'], isChunked: true },
  { namespaces: ['details'] },
  { namespaces: ['details/a'], isChunked: true },
]
const client = fc.nat(CLIENTS.length - 1)
const size = fc.oneof({ weight: 20, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.constantFrom(40_000, 70_000) })
const entry = fc.record({ id: fc.constantFrom('a', 'b', 'c'), isDetail: fc.boolean(), size })

const step: fc.Arbitrary<ResumeStep> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ingest' as const), entries: fc.array(entry, { minLength: 1, maxLength: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('heal' as const), id: fc.constantFrom('a', 'b'), amount: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'turn' as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('stall' as const, 'drain' as const, 'heartbeat' as const), client }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('break' as const), client, part: fc.double({ min: 0, max: 1, noNaN: true }) }) },
)

describe('a client that resumes with the last id that it has received', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  const run = (setup: Omit<ResumeSetup, 'clients'>, steps: readonly ResumeStep[]): ResumeModel => {
    const model = new ResumeModel({ clients: CLIENTS, ...setup })
    for (const each of steps) model.take(each)
    model.settle()
    model.check()
    expect(model.core.hub.messageLogBytes).toBe(0)
    return model
  }

  for (const [name, setup] of [
    ['', {}],
    [' in small slices', { slice: 2 }],
    [' within QUEUE_MAX_BYTES', { queueMaxBytes: 100_000, slice: 3 }],
  ] as const) {
    it(`has every update and message once and in order, wherever its connections have ended${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
          expect(run(setup, steps).gaps).toBe(0)
        }),
        { numRuns: 100 },
      )
    })
  }

  for (const [name, setup] of [
    ['with a history of few details', { detailHistoryBytes: 1000, slice: 3 }],
    ['without a history', { detailHistoryBytes: 0 }],
    ['with little memory for messages', { messageLogBytes: 5000, queueMaxBytes: 4000, slice: 2 }],
  ] as const) {
    it(`has no message twice, and learns of each that it misses, ${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => void run(setup, steps)),
        { numRuns: 60 },
      )
    })
  }
})
