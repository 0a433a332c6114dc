import { describe, expect, it } from 'vitest'
import { encodeStreamHead, headerLines, invalidHeaders } from './stream-head.js'

const NOW = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789))

describe('invalidHeaders', () => {
  it.each([
    ['a carriage return', 'a\rb'],
    ['a line feed', 'a\nset-cookie: b'],
    ['NUL', 'a\0b'],
    ['a character beyond Latin-1', 'a€'],
    ['a list with one bad element', ['a', 'b\r\n']],
  ])('names a header whose value has %s', (_what, value) => {
    expect(invalidHeaders({ 'x-good': 'é', 'x-bad': value })).toEqual(['x-bad'])
  })

  it.each(['', 'x bad', 'x:bad', 'x\r\nbad', 'ü'])('names a header with the name %j', (name) => {
    expect(invalidHeaders({ [name]: 'good' })).toEqual([name])
  })

  it('names none of the headers that a head can carry', () => {
    expect(invalidHeaders({ 'x-text': 'a\tb é', 'x-count': 2, 'x-list': ['a', 'b'], 'x-none': undefined })).toEqual([])
  })
})

describe('encodeStreamHead', () => {
  it('has a line for each element of a list, and none for a header without a value', () => {
    expect(encodeStreamHead(headerLines({ 'set-cookie': ['a=1', 'b=2'], 'x-none': undefined }), false, NOW)).toBe(
      'HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\n\r\n',
    )
  })

  it('writes the status line, the headers in order, the date and a blank line', () => {
    expect(encodeStreamHead(headerLines({ 'content-type': 'text/plain', 'x-count': 2 }), false, NOW)).toBe(
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-count: 2\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\n\r\n',
    )
  })

  it('announces chunked framing where the body has it', () => {
    expect(encodeStreamHead('', true, NOW)).toBe(
      'HTTP/1.1 200 OK\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\ntransfer-encoding: chunked\r\n\r\n',
    )
  })
})
