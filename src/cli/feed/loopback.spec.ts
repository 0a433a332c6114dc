import { describe, expect, it } from 'vitest'
import { demandLoopback, isLoopback } from './loopback.js'

describe('loopback', () => {
  it.each(['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])('is %s', (address) => {
    expect(isLoopback(address)).toBe(true)
  })

  it.each(['128.0.0.1', '10.0.0.1', '0.0.0.0', '192.168.1.1', '::', '::2', 'fe80::1', '::ffff:10.0.0.1', '2001:db8::1'])(
    'is not %s',
    (address) => {
      expect(isLoopback(address)).toBe(false)
    },
  )
})

describe('the demand for loopback', () => {
  const demand = (host: string, addresses: string[]) => demandLoopback(host, async () => addresses)

  it('lets pass a name all addresses of which are', async () => {
    await demand('localhost', ['127.0.0.1', '::1'])
  })

  it('knows localhost', async () => {
    await demandLoopback('localhost')
    await demandLoopback('127.0.0.1')
    await demandLoopback('::1')
  })

  it('refuses a name with any other, and names it', async () => {
    await expect(demand('redis', ['127.0.0.1', '10.0.0.5'])).rejects.toMatchObject({
      code: 'ERR_FOREIGN_TARGET',
      message: 'redis (10.0.0.5) is not this machine, and the feed adds made-up scores and posts: say --yes if you mean it',
    })
  })

  it('refuses an address', async () => {
    await expect(demand('10.0.0.5', ['10.0.0.5'])).rejects.toThrow(/^10\.0\.0\.5 is not this machine, /)
  })

  it('refuses a name that it knows nothing of', async () => {
    const failure = Object.assign(new Error('no'), { code: 'ENOTFOUND' })
    await expect(demandLoopback('redis', () => Promise.reject(failure))).rejects.toThrow(
      'redis has no address that could be looked up (ENOTFOUND)',
    )
  })
})
