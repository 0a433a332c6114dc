import { describe, expect, it } from 'vitest'
import { encodeStreamHead, streamHeaders } from './stream-head.js'

const NOW = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789))

describe('streamHeaders', () => {
  it('says what a stream is, and that proxies must not buffer it', () => {
    expect(streamHeaders(false)).toEqual({
      'cache-control': 'no-cache',
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    })
  })

  it('asks for a cleanup where the client is to come back anew', () => {
    expect(streamHeaders(true)).toEqual({ ...streamHeaders(false), 'x-sse-cleanup-requested': 'true' })
  })
})

describe('encodeStreamHead', () => {
  it('writes the status line, the headers in order, the date and a blank line', () => {
    expect(encodeStreamHead({ 'content-type': 'text/plain', 'x-count': 2 }, false, NOW)).toBe(
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-count: 2\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\n\r\n',
    )
  })

  it('announces chunked framing where the body has it', () => {
    expect(encodeStreamHead({}, true, NOW)).toBe(
      'HTTP/1.1 200 OK\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\ntransfer-encoding: chunked\r\n\r\n',
    )
  })
})
