import { Logger } from '@nestjs/common'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayModel } from '../../../../../test/support/fakes/gateway-model.js'
import { stepFor } from '../../../../../test/support/fakes/gateway-steps.js'

const CLIENTS = [
  { namespaces: ['details'] },
  { namespaces: ['details/a'], isChunked: true },
  { namespaces: ['news'] },
  { namespaces: ['news'], isChunked: true },
  { namespaces: ['details/a', 'details', 'news'] },
  { namespaces: ['news', 'details/b', 'details/a'], isChunked: true },
  { namespaces: ['details'] },
]
const { detail, news, flash, turn, sweep, client, reopen } = stepFor(CLIENTS.length)
const step = fc.oneof(
  { weight: 5, arbitrary: detail },
  { weight: 3, arbitrary: news },
  { weight: 1, arbitrary: flash },
  { weight: 5, arbitrary: turn },
  { weight: 8, arbitrary: client },
  { weight: 1, arbitrary: reopen },
  { weight: 1, arbitrary: sweep },
)

describe('a subscriber has every message of its namespaces since it opened, once and in order, or was closed as slow', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  for (const [name, setup] of [
    ['without a bound', {}],
    ['when a slice serves few subscribers', { slice: 2 }],
    ['within QUEUE_MAX_BYTES', { queueMaxBytes: 300 }],
    ['within QUEUE_MAX_BYTES and in small slices', { queueMaxBytes: 300, slice: 3 }],
    ['within MESSAGE_LOG_BYTES', { messageLogBytes: 2000 }],
    ['within both bounds and in small slices', { queueMaxBytes: 500, messageLogBytes: 2000, slice: 2 }],
  ] as const) {
    it(`for any interleaving of messages, turns, stalls, drains, closes and sweeps ${name}, and the logs are empty after it`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
          const model = new GatewayModel({ clients: CLIENTS, ...setup })
          for (const each of steps) model.take(each)
          model.settle()
          model.check()
          expect(model.core.hub.messageLogBytes).toBe(0)
        }),
        { numRuns: 120 },
      )
    })
  }

  it('forgets all messages when the last subscriber leaves, wherever its cursor is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const model = new GatewayModel({ clients: CLIENTS, slice: 2 })
        for (const each of steps) model.take(each)
        for (const { subscriber } of model.clients) subscriber.close('client')
        expect(model.core.hub.messageLogBytes).toBe(0)
        vi.runAllTimers()
        model.check()
      }),
      { numRuns: 100 },
    )
  })
})
