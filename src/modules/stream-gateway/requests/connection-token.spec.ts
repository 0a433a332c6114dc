import { describe, expect, it } from 'vitest'
import { newToken, tokenIn, wantsToken } from './connection-token.js'

describe('a token', () => {
  it('is never the same twice, and holds 16 bytes', () => {
    const tokens = Array.from({ length: 1000 }, newToken)
    expect(new Set(tokens).size).toBe(1000)
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(16)
  })

  it('is found again in a query', () => {
    const token = newToken()
    expect(tokenIn(`a=b&token=${token}`)).toBe(token)
  })

  it.each(['', 'a=b', 'tokens=1', 'Token=1'])('is not named by %j', (query) => {
    expect(tokenIn(query)).toBeNull()
    expect(wantsToken(query)).toBe(false)
  })

  it.each(['token', 'token=', 'token=1', 'token=%zz', `token=${'x'.repeat(23)}`, `token=${newToken()}&token=${newToken()}`])(
    "is no stream's where a cleanup says %j",
    (query) => {
      expect(tokenIn(query)).toBe('')
    },
  )
})

describe('a stream asks for a token', () => {
  it.each(['token=1', 'stream=eps&token=1', 'token=1&token=1'])('by %s', (query) => {
    expect(wantsToken(query)).toBe(true)
  })

  it.each(['token', 'token=', 'token=0', 'token=true', 'token=11', 'token=1&token=0'])('in vain by %s', (query) => {
    expect(wantsToken(query)).toBeNull()
  })
})
