import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { array, bulk, FakeRedis } from '../../../test/support/fakes/fake-redis.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { adviceFor, RedisSubscription, type SubscriptionListener, warningsFor } from './redis-subscription.js'

const target = (url: string, tlsInsecure = false) => ({ url, tlsCa: undefined, tlsInsecure })

describe('RedisSubscription', () => {
  function subscribe(port: number) {
    const listener = {
      onReady: vi.fn(),
      onAlive: vi.fn(),
      onMessage: vi.fn(),
      onPatternMessage: vi.fn(),
      onLost: vi.fn(),
      onSentinel: vi.fn(),
      onError: vi.fn(),
    } satisfies SubscriptionListener
    const subscription = new RedisSubscription(target(`redis://127.0.0.1:${port}`), 'scores', ['posts.*'], listener)
    onTestFinished(() => subscription.close())
    subscription.open()
    return { subscription, listener }
  }

  const times = (mock: { readonly mock: { readonly calls: unknown[] } }, count: number) =>
    eventually(`${count} calls`, () => mock.mock.calls.length >= count)

  it('receives PONG on a connection that is subscribed', async () => {
    const fake = await FakeRedis.start()
    const { subscription, listener } = subscribe(fake.port)
    await times(listener.onReady, 1)
    subscription.check()
    await times(listener.onAlive, 1)
    expect(listener.onError).not.toHaveBeenCalled()
  })

  it('replaces a connection on which a reply never ends; messages and error replies keep one', async () => {
    let pong = '-MASTERDOWN Link with MASTER is down\r\n'
    const fake = await FakeRedis.start(([name]) => (name === 'PING' ? pong : undefined))
    const { subscription, listener } = subscribe(fake.port)
    await times(listener.onReady, 1)
    for (let check = 1; check <= 20; check++) {
      subscription.check()
      await times(listener.onError, check)
    }
    expect(listener.onLost).not.toHaveBeenCalled()

    pong = ''
    for (let check = 1; check <= 20; check++) {
      fake.publish('scores', 'A')
      await times(listener.onMessage, check)
      subscription.check()
    }
    expect(listener.onLost).not.toHaveBeenCalled()

    for (let check = 1; check <= 15; check++) subscription.check()
    await times(listener.onLost, 1)
    await times(listener.onReady, 2)
    expect(listener.onError).toHaveBeenLastCalledWith('Redis sends bytes, and neither a message nor a reply', undefined)
  })

  it.each([
    ['an empty array', '*0\r\n'],
    ['a null', '*1\r\n$-1\r\n'],
    ['a message without data', array(bulk('message'), bulk('scores'))],
    ['a message of nothing', '*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$-1\r\n'],
    ['a message of a pattern without a channel', '*4\r\n$8\r\npmessage\r\n$1\r\na\r\n$-1\r\n$-1\r\n'],
    ['a type that does not exist', '?\r\n'],
  ])('replaces a connection after %s in place of a reply', async (_what, bytes) => {
    let isBroken = true
    const fake = await FakeRedis.start(([name]) => (name === 'PING' && isBroken ? bytes : undefined))
    const { subscription, listener } = subscribe(fake.port)
    await times(listener.onReady, 1)
    subscription.check()
    await times(listener.onLost, 1)
    isBroken = false
    await times(listener.onReady, 2)
    const messages = new Set(listener.onError.mock.calls.map(([message]) => message))
    expect([...messages]).toEqual([expect.stringContaining('not those of Redis')])
    expect(listener.onMessage).not.toHaveBeenCalled()
    expect(listener.onPatternMessage).not.toHaveBeenCalled()
  })

  it('does not take a Sentinel for a Redis, however often it is asked', async () => {
    const fake = await FakeRedis.start(([name]) => (name === 'INFO' ? bulk('# Server\r\nredis_mode:sentinel\r\n') : undefined))
    const { subscription, listener } = subscribe(fake.port)
    await times(listener.onSentinel, 1)
    subscription.check()
    await times(listener.onSentinel, 2)
    expect(listener.onReady).not.toHaveBeenCalled()
  })
})

describe('warningsFor', () => {
  it.each(['redis://host', 'redis://host/', 'redis://:secret@host/0', 'rediss://host'])('has nothing to say of %s', (url) => {
    expect(warningsFor(target(url))).toEqual([])
  })

  it('says that pub/sub ignores a database', () => {
    expect(warningsFor(target('redis://host/3'))).toEqual([expect.stringContaining('REDIS_URL names database 3: pub/sub ignores it')])
  })

  it('says that the certificate is not checked, where there is one', () => {
    expect(warningsFor(target('rediss://host', true))).toEqual([expect.stringContaining('REDIS_TLS_INSECURE is on')])
    expect(warningsFor(target('redis://host', true))).toEqual([])
  })

  it('says both', () => {
    expect(warningsFor(target('rediss://host/1', true))).toHaveLength(2)
  })

  it('shows neither user nor password', () => {
    const warnings = warningsFor(target('rediss://theuser:thesecret@host/1', true)).join()
    expect(warnings).not.toMatch(/theuser|thesecret/)
  })
})

describe('adviceFor', () => {
  it.each(['WRONGPASS invalid username-password pair or user is disabled.', 'NOAUTH Authentication required.', 'ERR invalid password'])(
    'asks for the right password: %s',
    (message) => {
      expect(adviceFor(message, target('redis://:thesecret@host'))).toContain('REDIS_URL needs the right password')
      expect(adviceFor(message, target('redis://host'))).toContain('REDIS_URL needs the right password')
    },
  )

  it('suspects the user where there is one, which the original streamers did not send', () => {
    const advice = adviceFor('WRONGPASS invalid username-password pair or user is disabled.', target('redis://h:thesecret@host'))
    expect(advice).toContain('REDIS_URL has a user')
    expect(advice).not.toContain('thesecret')
  })

  it('names the permission that is missing', () => {
    const message = 'NOPERM this user has no permissions to access one of the channels used as arguments'
    expect(adviceFor(message, target('redis://user:x@host'))).toContain(
      'ACL SETUSER <user> &stream.score_updates &stream.tweet_updates.* &stream.interaction.*',
    )
  })

  it.each([
    'self-signed certificate',
    'self signed certificate in certificate chain',
    'unable to verify the first certificate',
    'certificate has expired',
  ])('names the variable for the authority: %s', (message) => {
    expect(adviceFor(message, target('rediss://host'))).toContain('REDIS_TLS_CA')
  })

  it('names the setting of Redis for the number of its clients', () => {
    expect(adviceFor('ERR max number of clients reached', target('redis://host'))).toContain('maxclients')
  })

  it('doubts the port where the replies are not those of Redis', () => {
    expect(adviceFor('the replies are not those of Redis: Unknown RESP type 72 "H"', target('redis://host'))).toContain(
      'the port of a Redis',
    )
  })

  it.each(['connect ECONNREFUSED 127.0.0.1:6379', 'getaddrinfo ENOTFOUND host', ''])('has none for %j', (message) => {
    expect(adviceFor(message, target('redis://host'))).toBeUndefined()
  })
})
