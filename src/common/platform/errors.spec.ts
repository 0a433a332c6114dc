import { describe, expect, it } from 'vitest'
import { firstLine } from './errors.js'

describe('firstLine', () => {
  it('is the first line of a message, or of any other value', () => {
    expect(firstLine(new Error('one\ntwo'))).toBe('one')
    expect(firstLine('text')).toBe('text')
    expect(firstLine(undefined)).toBe('undefined')
  })

  it('has each error of a name with several addresses, because Node gives the whole no message', () => {
    const errors = ['connect ECONNREFUSED ::1:1', 'connect ECONNREFUSED 127.0.0.1:1'].map((message) => new Error(message))
    expect(firstLine(new AggregateError(errors))).toBe('connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1')
    expect(firstLine(new AggregateError(errors, 'all failed'))).toBe('all failed')
  })

  it('is bounded, because some messages quote a peer', () => {
    expect(firstLine(new Error('x'.repeat(1_000_000)))).toHaveLength(500)
  })
})
