import { describe, expect, it } from 'vitest'
import { streamUrl } from './stream-url.js'

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
