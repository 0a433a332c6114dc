import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeWorker } from '../../test/support/fakes/fake-worker.js'
import { fuzzing, SEEDED } from '../../test/support/fuzz/fuzzing.js'
import { relayMessage } from '../../test/support/fuzz/relay-messages.js'
import { RelaySwitch } from './relay-switch.js'

/** Longer than any wait of the relay. */
const LATER_MS = 10_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe(`JSON of any kind ${SEEDED}`, () => {
  it('harms no primary: the next question of a worker has all answers, and no wait is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), relayMessage), { maxLength: 30 }), async (foreign) => {
        const relay = new RelaySwitch(() => undefined)
        const workers = [new FakeWorker(), new FakeWorker()] as const
        for (const worker of workers) relay.add(worker)
        for (const [isFirst, message] of foreign) relay.receive(workers[isFirst ? 0 : 1], message)
        await vi.advanceTimersByTimeAsync(LATER_MS)

        relay.receive(workers[0], { kind: 'ask', id: 77, question: 'cleanup', payload: {} })
        for (const worker of workers) relay.receive(worker, { kind: 'answer', id: worker.questions.at(-1)?.id, value: 5 })
        expect(workers[0].replies.at(-1)).toEqual({ kind: 'answers', id: 77, values: [5, 5] })
        expect(vi.getTimerCount()).toBe(0)
      }),
      fuzzing({ runs: 300 }),
    )
  })
})
