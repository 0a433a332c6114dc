import { describe, expect, it } from 'vitest'
import { takeCredentials } from './credentials.js'

const header = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })

describe('the credentials of an address', () => {
  it.each([
    ['https://me:s%40crét@x.example/y', 'me:s@crét'],
    ['https://:token@x.example/y', ':token'],
    ['https://me@x.example/y', 'me:'],
    ['https://me:100%@x.example/y', 'me:100%'],
  ])('of %s become a header, and leave it', (text, pair) => {
    const url = new URL(text)
    expect(takeCredentials(url)).toEqual(header(pair))
    expect(url.href).toBe('https://x.example/y')
  })

  it('are none where it has none', () => {
    expect(takeCredentials(new URL('https://x.example/y'))).toEqual({})
  })
})
