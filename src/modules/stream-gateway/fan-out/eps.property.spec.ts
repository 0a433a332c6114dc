import fc from 'fast-check'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { GatewayModel } from '../../../../test/support/fakes/gateway-model.js'
import { stepFor } from '../../../../test/support/fakes/gateway-steps.js'

const CLIENTS = Array.from({ length: 4 }, () => ({ namespaces: ['eps'] }))
const { updates, flush, turn, client, reopen } = stepFor(CLIENTS.length)
const step = fc.oneof(
  { weight: 8, arbitrary: updates },
  { weight: 2, arbitrary: flush },
  { weight: 3, arbitrary: turn },
  { weight: 4, arbitrary: client },
  { weight: 2, arbitrary: reopen },
)

describe('the invariant: what an eps subscriber received adds up to what was published while it was subscribed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const [name, setup] of [
    ['with room in the ring', {}],
    ['when the ring wraps around', { capacity: 7 }],
    ['when each subscriber takes a turn of the event loop', { slice: 1 }],
    ['when the ring wraps around while a round is under way', { capacity: 7, slice: 1 }],
    ['when updates retire because the ring holds few different ids', { maxIds: 3 }],
    ['when updates retire while a round is under way', { maxIds: 3, slice: 2 }],
  ] as const) {
    it(`holds for any interleaving of updates, flushes, stalls, drains and reconnects ${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
          const model = new GatewayModel({ clients: CLIENTS, ...setup })
          for (const each of steps) model.take(each)
          model.settle()
          model.check()
        }),
        { numRuns: 150 },
      )
    })
  }
})
