import { describe, expect, it } from 'vitest'
import { demandLoopback, feedTarget, isLoopback } from './feed-target.js'

describe('the target of a feed', () => {
  it('is the Redis of this machine, without anything', () => {
    expect(feedTarget(undefined, {})).toMatchObject({ host: '127.0.0.1', label: 'redis://127.0.0.1:6379', options: { port: 6379, db: 0 } })
  })

  it('is that of the environment, and before that the one given', () => {
    const environment = { REDIS_URL: 'redis://one:7000/1' }
    expect(feedTarget(undefined, environment)).toMatchObject({ host: 'one', options: { port: 7000, db: 1 } })
    expect(feedTarget('redis://two', environment)).toMatchObject({ host: 'two', options: { port: 6379 } })
  })

  it('has a label without user and password', () => {
    const { label, options } = feedTarget('rediss://someone:s%40cret@box:7000/2', { REDIS_TLS_INSECURE: 'true' })
    expect(label).toBe('rediss://box:7000/2')
    expect(options).toMatchObject({ username: 'someone', password: 's@cret', tls: { rejectUnauthorized: false } })
  })

  it('may be an IPv6 address', () => {
    expect(feedTarget('redis://[::1]:7000', {})).toMatchObject({ host: '::1', label: 'redis://[::1]:7000' })
  })

  it('may be a socket of the file system', () => {
    expect(feedTarget('unix:///run/a%20b.sock', {})).toMatchObject({
      host: null,
      label: 'unix:///run/a b.sock',
      options: { path: '/run/a b.sock' },
    })
  })

  it.each(['http://:s3cret@box', '', 'box:6379', 'unix://', 'unix://run/redis.sock', 'unix:///run/%zz', 'redis:///run/redis.sock'])(
    'must look like one, which %j does not',
    (url) => {
      const environment = { REDIS_URL: 'redis://one:7000/1' }
      expect(() => feedTarget(url, environment)).toThrow(/^--redis must look like redis:\/\/\[user\]:\[password\]@host/)
    },
  )

  it('is none where the environment has a malformed one', () => {
    expect(() => feedTarget(undefined, { REDIS_URL: 'http://box' })).toThrow('REDIS_URL must look like redis://')
  })
})

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
      message: 'redis (10.0.0.5) is not this machine, and the feed adds made-up scores and posts: use --yes to allow that',
    })
  })

  it('refuses an address', async () => {
    await expect(demand('10.0.0.5', ['10.0.0.5'])).rejects.toThrow(/^10\.0\.0\.5 is not this machine, /)
  })

  it('refuses a name that it knows nothing of', async () => {
    const failure = Object.assign(new Error('no'), { code: 'ENOTFOUND' })
    await expect(demandLoopback('redis', () => Promise.reject(failure))).rejects.toThrow(
      'the address of redis could not be looked up (ENOTFOUND)',
    )
  })
})
