import fc from 'fast-check'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { GatewayModel } from '../../../../test/support/fakes/gateway-model.js'
import { stepFor } from '../../../../test/support/fakes/gateway-steps.js'

/** In the four forms of a frame. */
const CLIENTS = [
  { namespaces: ['raw'] },
  { namespaces: ['raw'], isChunked: true },
  { namespaces: ['raw', 'eps'] },
  { namespaces: ['eps', 'raw'], isChunked: true },
  { namespaces: ['raw'] },
]
const { updates, flush, turn, sweep, client, reopen } = stepFor(CLIENTS.length)
const step = fc.oneof(
  { weight: 8, arbitrary: updates },
  { weight: 1, arbitrary: flush },
  { weight: 4, arbitrary: turn },
  { weight: 6, arbitrary: client },
  { weight: 1, arbitrary: reopen },
  { weight: 1, arbitrary: sweep },
)

describe('a raw subscriber has every update since it opened, once and in order, or was closed as slow', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const [name, setup] of [
    ['with room in the ring', {}],
    ['when the ring wraps around', { capacity: 7 }],
    ['when a slice serves few subscribers', { slice: 2 }],
    ['when the ring wraps around while a round is under way', { capacity: 7, slice: 2 }],
    ['when updates retire because the ring holds few different ids', { maxIds: 3 }],
    ['when updates retire while a round is under way', { maxIds: 3, slice: 3 }],
    ['within QUEUE_MAX_BYTES', { queueMaxBytes: 200, slice: 3 }],
  ] as const) {
    it(`for any interleaving of updates, turns, stalls, drains, closes and sweeps ${name}`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
          const model = new GatewayModel({ clients: CLIENTS, ...setup })
          for (const each of steps) model.take(each)
          model.settle()
          model.check()
        }),
        { numRuns: 100 },
      )
    })
  }
})
