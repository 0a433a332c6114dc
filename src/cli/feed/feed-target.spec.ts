import { describe, expect, it } from 'vitest'
import { feedTarget } from './feed-target.js'

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
