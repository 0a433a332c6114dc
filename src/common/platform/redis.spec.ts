import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commandOptions, RECONNECT_DELAYS, redisCause, refusesDatabase, subscriberOptions } from './redis.js'
import { backoffMs } from './timers.js'

const options = (url: string, tls: { tlsCa?: string; tlsInsecure?: boolean } = {}) =>
  subscriberOptions({ url, tlsCa: tls.tlsCa, tlsInsecure: tls.tlsInsecure ?? false })

describe('subscriberOptions', () => {
  it('uses the defaults of Redis for the parts that a bare URL leaves out', () => {
    const bare = options('redis://cache.example')
    expect(bare).toMatchObject({ host: 'cache.example', port: 6379, db: 0 })
    for (const absent of ['username', 'password', 'tls']) expect(bare).not.toHaveProperty(absent)
  })

  it('takes everything from a full URL', () => {
    const full = options('redis://user:secret@cache.example:6380/3')
    expect(full).toMatchObject({ host: 'cache.example', port: 6380, username: 'user', password: 'secret', db: 0 })
  })

  it('sends a password alone without a user, as the original streamers did', () => {
    const { password, ...rest } = options('redis://:secret@host')
    expect(password).toBe('secret')
    expect(rest).not.toHaveProperty('username')
  })

  it('sends a user alone without a password', () => {
    const { username, ...rest } = options('redis://user@host')
    expect(username).toBe('user')
    expect(rest).not.toHaveProperty('password')
  })

  it('decodes user and password, once', () => {
    expect(options('redis://us%40er:p%40s%2Fs%3A%23%2525%C3%A9@host')).toMatchObject({ username: 'us@er', password: 'p@s/s:#%25é' })
  })

  it('gives back any password that was percent-encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        expect(options(`redis://:${encodeURIComponent(password)}@host`).password).toBe(password)
      }),
    )
  })

  it.each([
    ['redis://host/', 0],
    ['redis://host/0', 0],
    ['redis://host/15', 15],
  ])('%s is database %i for commands; the subscriber selects none', (url, db) => {
    expect(commandOptions({ url, tlsCa: undefined, tlsInsecure: false }).db).toBe(db)
    expect(options(url).db).toBe(0)
  })

  it('speaks RESP2, which every server that looks like Redis speaks', () => {
    expect(options('redis://host').protocol).toBe(2)
  })

  it('takes the brackets off an IPv6 address', () => {
    expect(options('redis://[2001:db8::1]:6380')).toMatchObject({ host: '2001:db8::1', port: 6380 })
  })

  describe('over rediss', () => {
    it('checks the certificate against the name of the host', () => {
      expect(options('rediss://cache.example').tls).toMatchObject({ host: 'cache.example', rejectUnauthorized: true })
    })

    it('sends the name of the host as SNI, and no address', () => {
      expect(options('rediss://cache.example').tls).toMatchObject({ servername: 'cache.example' })
      for (const address of ['127.0.0.1', '[::1]']) expect(options(`rediss://${address}`).tls).not.toHaveProperty('servername')
    })

    it('trusts the authority that is given', () => {
      expect(options('rediss://host', { tlsCa: 'PEM' }).tls).toMatchObject({ host: 'host', rejectUnauthorized: true, ca: 'PEM' })
    })

    it('checks nothing where that is asked for', () => {
      expect(options('rediss://host', { tlsInsecure: true }).tls).toMatchObject({ rejectUnauthorized: false })
    })
  })

  it('uses no TLS over redis, whatever is set for it', () => {
    expect(options('redis://host', { tlsCa: 'PEM', tlsInsecure: true })).not.toHaveProperty('tls')
  })

  it('never gives up', () => {
    const { retryStrategy, maxRetriesPerRequest } = options('redis://host')
    expect(maxRetriesPerRequest).toBeNull()
    for (const attempt of [1, 10, 1000, 1e6]) expect(retryStrategy(attempt)).toBeGreaterThan(0)
  })
})

it('a connection for commands gives up on each of them soon, and queues none', () => {
  const target = { url: 'rediss://:secret@host', tlsCa: undefined, tlsInsecure: false }
  expect(commandOptions(target)).toMatchObject({ host: 'host', password: 'secret', commandTimeout: 2000, enableOfflineQueue: false })
})

describe('refusesDatabase', () => {
  const error = (name: string, message: string) => Object.assign(new Error(message), { command: { name } })

  it.each([
    'ERR DB index is out of range',
    'ERR invalid DB index',
    'ERR SELECT is not allowed in cluster mode',
    "NOPERM this user has no permissions to run the 'select' command",
  ])('is true of %s', (message) => {
    expect(refusesDatabase(error('select', message))).toBe(true)
    expect(refusesDatabase(error('hset', message))).toBe(false)
  })

  it('is false of a Redis that is not there yet', () => {
    expect(refusesDatabase(error('select', 'LOADING Redis is loading the dataset in memory'))).toBe(false)
    expect(refusesDatabase(new Error('read ECONNRESET'))).toBe(false)
  })
})

describe('redisCause', () => {
  const queueError = 'Command queue state error. If you can reproduce this, please report it.'

  it.each([
    [`${queueError} Last reply: pmessage,stream.tweet_updates.*,a,{"text":"a private post"}`, 'a reply to no command'],
    ['Unknown RESP type 72 "H". Please report this.', 'Unknown RESP type 72 "H"'],
    ["Cannot read properties of null (reading 'toString'). Please report this.", "Cannot read properties of null (reading 'toString')"],
  ])('has no message of a channel: %s', (message, detail) => {
    expect(redisCause(new Error(message))).toBe(`the replies are not those of Redis: ${detail}`)
  })

  it('is the reply of a Redis that refuses the connection', () => {
    expect(redisCause(new Error(`${queueError} Last error: ERR max number of clients reached`))).toBe('ERR max number of clients reached')
  })

  it('is the first line of any other error', () => {
    expect(redisCause(new Error('read ECONNRESET\nmore'))).toBe('read ECONNRESET')
  })
})

describe('RECONNECT_DELAYS', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it('stays between 50 ms and 3 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), random, (attempt, chance) => {
        const ms = backoffMs(RECONNECT_DELAYS, attempt, chance)
        expect(Number.isInteger(ms)).toBe(true)
        expect(ms).toBeGreaterThanOrEqual(50)
        expect(ms).toBeLessThanOrEqual(3000)
      }),
    )
  })

  it('doubles up to its bound', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => backoffMs(RECONNECT_DELAYS, attempt, 0))).toEqual([
      100, 200, 400, 800, 1600, 3000, 3000, 3000,
    ])
  })

  it('is shortened by up to a half at random', () => {
    expect(backoffMs(RECONNECT_DELAYS, 100, 0.5)).toBe(2250)
    expect(backoffMs(RECONNECT_DELAYS, 100, 0.999_999)).toBe(1500)
  })
})
