import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fuzzing, SEEDED } from '../../../test/support/fuzz/fuzzing.js'
import { relayMessage } from '../../../test/support/fuzz/relay-messages.js'
import { parseRelayMessage, Relay, type RelayMessage } from './relay.js'

/** Longer than any wait of the relay. */
const LATER_MS = 10_000

const messages = fc.array(relayMessage, { maxLength: 30 })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe(`JSON of any kind ${SEEDED}`, () => {
  it('is parsed into a message of the relay with the fields that came, or not at all', () => {
    fc.assert(
      fc.property(relayMessage, (message) => {
        const parsed = parseRelayMessage(message)
        if (parsed === null) return
        expect(message).toMatchObject(parsed)
        expect(parseRelayMessage(structuredClone(parsed))).toEqual(parsed)
      }),
      fuzzing({ runs: 2000 }),
    )
  })

  it('harms no worker: its next question has its answer, and no wait is left', async () => {
    await fc.assert(
      fc.asyncProperty(messages, async (foreign) => {
        const sent: RelayMessage[] = []
        let receive: (message: unknown) => void = () => undefined
        const relay = new Relay({
          post: (message) => void sent.push(message),
          onMessage: (handler) => {
            receive = handler
          },
        })
        relay.on('cleanup', () => 1)
        relay.on('fails', () => Promise.reject(new Error('fails')))
        relay.watchCounts((others, own) => {
          for (const count of [...Object.values(others), ...Object.values(own)]) expect(typeof count).toBe('number')
        })
        for (const message of foreign) receive(message)
        await vi.advanceTimersByTimeAsync(LATER_MS)

        const answer = relay.sum('cleanup', {})
        const asked = sent.at(-1)
        if (asked?.kind !== 'ask') throw new Error(`the relay sent ${JSON.stringify(asked)}`)
        receive({ kind: 'answers', id: asked.id, values: [3, 4] })
        expect(await answer).toBe(7)
        expect(vi.getTimerCount()).toBe(0)
      }),
      fuzzing({ runs: 300 }),
    )
  })
})
