import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { array, bulk, FakeRedis } from '../../../test/support/fakes/fake-redis.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { RedisSubscription, type SubscriptionListener } from './redis-subscription.js'

const target = (url: string) => ({ url, tlsCa: undefined, tlsInsecure: false })

describe('RedisSubscription', () => {
  function subscribe(port: number) {
    const listener = {
      onReady: vi.fn(),
      onAlive: vi.fn(),
      onMessage: vi.fn(),
      onMarker: vi.fn(),
      onMarkerChannel: vi.fn(),
      onPatternMessage: vi.fn(),
      onLost: vi.fn(),
      onSentinel: vi.fn(),
      onError: vi.fn(),
    } satisfies SubscriptionListener
    const subscription = new RedisSubscription(
      target(`redis://127.0.0.1:${port}`),
      { scores: 'scores', patterns: ['posts.*'], marker: 'markers' },
      listener,
    )
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

  it('receives the markers apart from the scores', async () => {
    const fake = await FakeRedis.start()
    const { listener } = subscribe(fake.port)
    await times(listener.onReady, 1)
    expect(listener.onMarkerChannel.mock.calls).toEqual([[null]])
    for (const [channel, data] of [
      ['scores', 'A'],
      ['markers', '1'],
      ['scores', 'B'],
    ] as const)
      fake.publish(channel, data)
    await times(listener.onMessage, 2)
    expect(listener.onMarker.mock.calls).toEqual([[Buffer.from('1')]])
    expect(listener.onMessage.mock.calls).toEqual([[Buffer.from('A')], [Buffer.from('B')]])
  })

  it('is ready without the channel of markers where Redis refuses that alone, and tries it again after 30 checks', async () => {
    const refusal = '-NOPERM this user has no permissions to access one of the channels used as arguments\r\n'
    let isRefused = true
    const fake = await FakeRedis.start(([name, channel]) =>
      name === 'SUBSCRIBE' && channel === 'markers' && isRefused ? refusal : undefined,
    )
    const { subscription, listener } = subscribe(fake.port)
    await times(listener.onReady, 1)
    expect(listener.onMarkerChannel.mock.calls).toEqual([[expect.stringContaining('NOPERM')]])
    expect(listener.onError).not.toHaveBeenCalled()

    isRefused = false
    for (let check = 1; check <= 29; check++) {
      subscription.check()
      await times(listener.onAlive, check)
    }
    expect(listener.onMarkerChannel).toHaveBeenCalledTimes(1)
    subscription.check()
    await times(listener.onMarkerChannel, 2)
    expect(listener.onMarkerChannel).toHaveBeenLastCalledWith(null)
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
