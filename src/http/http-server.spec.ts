import { describe, expect, it } from 'vitest'
import { rejectionOf } from './http-server.js'

describe('rejectionOf', () => {
  it.each([
    ['ERR_HTTP_REQUEST_TIMEOUT', 'timeout'],
    ['HPE_HEADER_OVERFLOW', 'too-large'],
    ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 'too-large'],
    ['HPE_INVALID_METHOD', 'malformed'],
    ['HPE_INVALID_EOF_STATE', 'malformed'],
  ])('takes %s for %s', (code, reason) => {
    expect(rejectionOf(code)).toBe(reason)
  })

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', undefined])('takes %s for no request', (code) => {
    expect(rejectionOf(code)).toBeNull()
  })
})
