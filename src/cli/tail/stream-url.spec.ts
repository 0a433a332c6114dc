import { describe, expect, it } from 'vitest'
import { streamUrl, takeCredentials, withOptIns } from './stream-url.js'

describe('the address of a stream', () => {
  it.each([
    ['http://localhost:8001', 'eps', 'http://localhost:8001/subscribe/eps'],
    ['http://localhost:8001/', 'details/1F1EA-1F1F8', 'http://localhost:8001/subscribe/details/1F1EA-1F1F8'],
    ['https://x.example/mounted/', 'raw', 'https://x.example/mounted/subscribe/raw'],
    ['http://x', 'details/a b?c#d', 'http://x/subscribe/details/a%20b%3Fc%23d'],
    ['http://x', 'details/a/b', 'http://x/subscribe/details/a%2Fb'],
    ['http://x', 'details/❤', 'http://x/subscribe/details/%E2%9D%A4'],
  ])('on %s for %s is %s', (server, namespace, url) => {
    expect(streamUrl(server, namespace)?.href).toBe(url)
  })

  it.each(['', '/eps', 'eps/', 'details//x', '../admin', 'details/..', '.'])('is none for %j', (namespace) => {
    expect(streamUrl('http://x', namespace)).toBeNull()
  })
})

it('the address that is asked names what is wanted; the one that is shown does not change', () => {
  const url = new URL('https://x.example/subscribe/eps')
  expect(withOptIns(url, {}).search).toBe('?resume=1')
  expect(withOptIns(url, { snapshot: true, totals: false }).search).toBe('?resume=1&snapshot=1')
  expect(withOptIns(url, { totals: true }).search).toBe('?resume=1&totals=1')
  expect(url.search).toBe('')
})

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
