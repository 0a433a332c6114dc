import { beforeEach, describe, expect, it } from 'vitest'
import { Continuity } from './continuity.js'

describe('Continuity', () => {
  let continuity: Continuity
  beforeEach(() => {
    continuity = new Continuity()
    continuity.open(false)
  })

  it('has nothing to report while the stream never broke', () => {
    expect(continuity.summary).toBe('')
  })

  it('reports that nothing is missed where every reconnect resumed', () => {
    continuity.open(true)
    expect(continuity.summary).toBe('nothing missed over 1 reconnect')
    continuity.open(true)
    expect(continuity.summary).toBe('nothing missed over 2 reconnects')
  })

  it('reports a reconnect to a server that gives no ids', () => {
    continuity.open(false)
    expect(continuity.summary).toBe('some missed: 1 of 1 reconnect began anew')
  })

  it('takes notice of resets and gaps, for the lines and for the summary', () => {
    continuity.open(true)
    expect(continuity.notice('reset', '{"reason":"too-old"}')).toBe('reset (too-old): what came since the last event is missed')
    continuity.open(true)
    expect(continuity.notice('gap', '{"missed":120}')).toBe('gap: 120 messages are missed')
    expect(continuity.notice('gap', '{"missed":null}')).toBe('gap: some messages are missed')
    expect(continuity.summary).toBe('some missed: 1 of 2 reconnects began anew, 2 gaps')
  })

  it.each([
    ['message', '{"reason":"too-old"}'],
    ['reset', '{}'],
    ['reset', 'null'],
    ['gap', '{"missed":"all"}'],
    ['gap', 'x'],
    ['constructor', '{}'],
    ['__proto__', '{}'],
  ])('leaves the event %s with the data %s to the stream', (name, data) => {
    expect(continuity.notice(name, data)).toBeNull()
    expect(continuity.summary).toBe('')
  })
})
