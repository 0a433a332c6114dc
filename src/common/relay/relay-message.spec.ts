import { describe, expect, it } from 'vitest'
import { parseRelayMessage, type RelayMessage } from './relay.js'

const QUESTION = { id: 1, question: 'cleanup', payload: { namespace: 'eps' } }

describe('parseRelayMessage', () => {
  it.each<RelayMessage>([
    { kind: 'ask', ...QUESTION },
    { kind: 'question', ...QUESTION, payload: {} },
    { kind: 'answer', id: 0, value: 0 },
    { kind: 'answer', id: 1, value: { a: 'text' } },
    { kind: 'answer', id: 1, value: null },
    { kind: 'answers', id: 2, values: [7, { a: 'text' }, null] },
    { kind: 'counts', counts: {} },
    { kind: 'others', counts: { streams: 2, '2001:db8:0:0::/64': 1 }, own: { streams: 3 } },
  ])('reads %j', (message) => {
    expect(parseRelayMessage(message)).toEqual(message)
    expect(parseRelayMessage(JSON.parse(JSON.stringify(message)))).toEqual(message)
  })

  it('takes over no field that it does not know', () => {
    expect(parseRelayMessage({ kind: 'answer', id: 1, value: 2, more: true })).toEqual({ kind: 'answer', id: 1, value: 2 })
  })

  it.each([
    undefined,
    null,
    'stop',
    42,
    [],
    {},
    { cmd: 'NODE_CLUSTER', act: 'online' },
    { kind: 'answer', value: 1 },
    { kind: 'answer', id: '1', value: 1 },
    { kind: 'answer', id: 1 },
    { kind: 'answers', id: 1 },
    { kind: 'answers', id: 1, values: 1 },
    { kind: 'answers', id: 1, values: [1, '1'] },
    { kind: 'answer', id: 1, value: '1' },
    { kind: 'answer', id: 1, value: [] },
    { kind: 'answer', id: 1, value: { a: 1 } },
    { kind: 'other', id: 1, value: 1 },
    { kind: 'ask', id: 1 },
    { kind: 'ask', id: 1, question: 'cleanup' },
    { kind: 'ask', id: 1, payload: {} },
    { kind: 'ask', ...QUESTION, question: 1 },
    { kind: 'ask', ...QUESTION, payload: null },
    { kind: 'ask', ...QUESTION, payload: 'eps' },
    { kind: 'question', ...QUESTION, payload: { namespace: 1 } },
    { kind: 'answers', ...QUESTION },
    { kind: 'ask', id: 1, value: 1 },
    { kind: 'counts' },
    { kind: 'counts', counts: null },
    { kind: 'counts', counts: [1] },
    { kind: 'others', counts: { streams: '1' }, own: {} },
    { kind: 'others', counts: { streams: 1 } },
    { kind: 'sum', counts: { streams: 1 } },
  ])('says that %j is none of ours', (message) => {
    expect(parseRelayMessage(message)).toBeNull()
  })
})
