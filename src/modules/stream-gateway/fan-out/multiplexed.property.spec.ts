import { Logger } from '@nestjs/common'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayModel, type ModelSetup } from '../../../../test/support/fakes/gateway-model.js'
import { type Step, stepFor } from '../../../../test/support/fakes/gateway-steps.js'

const ALL = ['raw', 'details/a', 'eps', 'votes', 'details', 'news']
const SLOW = [
  { namespaces: ALL, isChunked: true },
  { namespaces: [...ALL].reverse() },
  { namespaces: ['votes', 'eps', 'raw'] },
  { namespaces: ['eps'] },
  { namespaces: ['details', 'votes'] },
]
const VISITORS = [['eps'], ['raw'], ['details/a'], ['details'], ['news'], ['votes'], ['eps', 'raw'], ['details/a', 'details'], ALL].flatMap(
  (namespaces) => [{ namespaces }, { namespaces, isChunked: true }],
)

const publishing = ({ updates, flush, detail, news, vote, flushVotes, turn }: ReturnType<typeof stepFor>) => [
  { weight: 5, arbitrary: updates },
  { weight: 2, arbitrary: flush },
  { weight: 3, arbitrary: detail },
  { weight: 2, arbitrary: news },
  { weight: 4, arbitrary: vote },
  { weight: 2, arbitrary: flushVotes },
  { weight: 6, arbitrary: turn },
]

describe('all invariants hold together', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  const run = (setup: ModelSetup, steps: readonly Step[]) => {
    const model = new GatewayModel(setup)
    for (const each of steps) model.take(each)
    model.settle()
    model.check()
    expect(model.core.hub.messageLogBytes).toBe(0)
  }

  for (const [name, setup] of [
    ['with room everywhere', {}],
    ['in small slices', { slice: 2 }],
    ['when the rings wrap around', { capacity: 7, slice: 3 }],
    ['when entries retire', { maxIds: 3, slice: 2 }],
    ['within small bounds', { capacity: 50, queueMaxBytes: 400, messageLogBytes: 2000, slice: 2 }],
  ] as const) {
    it(`on slow multiplexed subscribers of eps, raw, details, a queue and increments ${name}`, () => {
      const steps = stepFor(SLOW.length)
      const step = fc.oneof(...publishing(steps), { weight: 12, arbitrary: steps.client }, { weight: 1, arbitrary: steps.sweep })
      fc.assert(
        fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (all) => run({ clients: SLOW, ...setup }, all)),
        { numRuns: 100 },
      )
    })

    it(`while namespaces are opened and closed all the time ${name}`, () => {
      const steps = stepFor(VISITORS.length)
      const step = fc.oneof(
        ...publishing(steps),
        { weight: 12, arbitrary: steps.reopen },
        { weight: 6, arbitrary: steps.client },
        { weight: 1, arbitrary: steps.sweep },
      )
      fc.assert(
        fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (all) => run({ clients: VISITORS, ...setup }, all)),
        { numRuns: 60 },
      )
    })
  }
})
