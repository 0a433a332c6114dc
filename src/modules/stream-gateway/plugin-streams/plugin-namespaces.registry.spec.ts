import { Logger } from '@nestjs/common'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { pluginNamespaces } from '../../../../test/support/fakes/plugin-namespaces.js'
import { MAX_INCREMENT } from '../../../common/plugin-api/namespaces.js'
import { IdHash } from '../../../common/score-log/id-table.js'

const SWITCHES = { ENABLE_RAW_STREAM: 'false', ENABLE_KIOSK_INTERACTION_STREAM: 'true' }

describe('the namespaces of plug-ins', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('hash the ids of increments with a secret seed of their own, so that nobody can prepare ids that collide', () => {
    const { namespaces } = pluginNamespaces()
    const hash = vi.spyOn(IdHash.prototype, 'of')
    for (const name of ['votes', 'likes', 'shares']) namespaces.increments(name).add('2665')
    expect(new Set(hash.mock.results.map(({ value }) => value)).size).toBe(3)
  })

  describe('names', () => {
    it('are served beside those that are built in and enabled', () => {
      const { namespaces } = pluginNamespaces(SWITCHES)
      namespaces.queue('kiosk_interaction')
      namespaces.latest('trending')
      expect([...namespaces.served]).toEqual(['eps', 'details', 'kiosk_interaction', 'trending'])
      expect(namespaces.ofPlugins).toEqual(['kiosk_interaction', 'trending'])
    })

    const reserved = ['eps', 'raw', 'details', 'kiosk_interaction', 'cleanup', 'detail', 'multiplexed', 'token', 'open', 'error']
    it.each(reserved)('are not the server’s own: %s', (name) => {
      const { namespaces } = pluginNamespaces({ ENABLE_RAW_STREAM: 'false' })
      expect(() => namespaces.queue(name)).toThrow(`the namespace ${name} is taken by the server: choose another name`)
    })

    it.each(['increments', 'latest', 'queue'] as const)('are registered once, as %s or anything else', (policy) => {
      const { namespaces } = pluginNamespaces(SWITCHES)
      namespaces.latest('trending')
      const again = () => namespaces[policy]('trending')
      expect(again).toThrow(expect.objectContaining({ code: 'ERR_NAMESPACE_TAKEN' }))
      expect(again).toThrow('the namespace trending is taken by another plug-in: choose another name')
    })

    it.each(['', 'a/b', 'Trending', 'a b', 'é', 'a.b', 'a'.repeat(65), 'a\n'])('are one segment of a path: %j is refused', (name) => {
      const { namespaces } = pluginNamespaces()
      const register = () => namespaces.queue(name)
      expect(register).toThrow(expect.objectContaining({ code: 'ERR_NAMESPACE_NAME' }))
      expect(register).toThrow(`the namespace ${JSON.stringify(name)} is refused: a name is 1 to 64 of`)
    })

    it.each(['a', '0', '_', '-', '__proto__', 'constructor', 'a'.repeat(64)])('can be %j', (name) => {
      const { namespaces, open, flush } = pluginNamespaces()
      const stream = namespaces.latest(name)
      const { outlet } = open([name])
      stream.publish('x')
      flush()
      expect(outlet.text).toBe('data:x\n\n')
    })

    it('are 64 at most', () => {
      const { namespaces } = pluginNamespaces()
      for (let n = 0; n < 64; n++) namespaces.queue(`n${n}`)
      expect(() => namespaces.queue('more')).toThrow(expect.objectContaining({ code: 'ERR_NAMESPACE_LIMIT' }))
    })
  })

  describe('increments', () => {
    it('that come in one turn go out as one sum, at its end', () => {
      const { namespaces, open } = pluginNamespaces()
      const stream = namespaces.increments('votes')
      const [alone, named] = [open(['votes']), open(['votes', 'eps'])]
      stream.add('a')
      stream.add(Buffer.from('b'), 10)
      stream.add('a', 2)
      expect(alone.outlet.text).toBe('')
      vi.advanceTimersByTime(0)
      const sum = JSON.stringify({ b: 10, a: 3 })
      expect(JSON.parse(alone.outlet.text.slice('data:'.length))).toEqual(JSON.parse(sum))
      expect(named.outlet.text).toBe(`event:votes\n${alone.outlet.text}`)
    })

    it('go out at most once in a period of the flush', () => {
      const { namespaces, open } = pluginNamespaces()
      const stream = namespaces.increments('votes')
      const { outlet } = open(['votes'])
      for (let ms = 0; ms < 1000; ms++) {
        stream.add('a')
        vi.advanceTimersByTime(1)
      }
      expect(outlet.received.length).toBeGreaterThan(50)
      expect(outlet.received.length).toBeLessThanOrEqual(60)
    })

    it('add up to one sum for a subscriber that was behind', () => {
      const { namespaces, open, flush } = pluginNamespaces()
      const stream = namespaces.increments('votes')
      const slow = open(['votes'])
      slow.outlet.isStalled = true
      for (const count of [1, 20, MAX_INCREMENT]) {
        stream.add('a', count)
        flush()
      }
      slow.outlet.drain()
      flush()
      expect(slow.outlet.text).toBe(`data:{"a":1}\n\ndata:{"a":${MAX_INCREMENT + 20}}\n\n`)
      expect(slow.subscriber.conflated).toBe(1)
    })

    it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_INCREMENT + 1])('of %d are refused as a bug', (count) => {
      const { namespaces } = pluginNamespaces()
      expect(() => namespaces.increments('votes').add('a', count)).toThrow(RangeError)
    })

    it('of a bad id are refused and counted', () => {
      const { namespaces, open, flush, discards } = pluginNamespaces()
      const stream = namespaces.increments('votes')
      const { outlet } = open(['votes'])
      for (const id of ['', 'x'.repeat(129), 'a\nb', Buffer.from([0xff])]) stream.add(id)
      flush()
      const once = ['empty', 'too-long', 'control-character', 'invalid-utf8']
      expect(Object.fromEntries(discards.nonZero)).toEqual(Object.fromEntries(once.map((reason) => [reason, 1])))
      expect(outlet.text).toBe('')
    })

    it('of more new ids than the log has room for wait for the next flush, and are not lost', () => {
      const { namespaces, open, flush, discards } = pluginNamespaces({ MAX_IDS: '16' })
      const stream = namespaces.increments('votes')
      const { outlet } = open(['votes'])
      for (let n = 0; n < 17; n++) stream.add(`id${n}`)
      for (let period = 0; period < 3; period++) flush()
      const sums = [...outlet.text.matchAll(/^data:(.*)$/gm)].map(([, json]) => Object.keys(JSON.parse(json ?? '')))
      expect(sums.map(({ length }) => length)).toEqual([16, 1])
      expect(sums[1]).toEqual(['id16'])
      expect(discards.total).toBe(0)
    })

    it('close a subscriber as slow, never with a wrong sum, once their log has gone past it', () => {
      const { namespaces, open, flush, closed } = pluginNamespaces({ LOG_CAPACITY: '1024' })
      const stream = namespaces.increments('votes')
      const slow = open(['votes'])
      slow.outlet.isStalled = true
      for (let n = 0; n < 1100; n++) {
        stream.add('a')
        flush()
      }
      expect([slow.subscriber.isLost, closed]).toEqual([true, []])
      slow.outlet.drain()
      flush()
      expect(slow.outlet.text).toBe('data:{"a":1}\n\n')
      expect(closed.map(({ subscriber, reason }) => [...subscriber.namespaces, reason])).toEqual([['votes', 'slow']])
    })

    it('are counted as offered once a flush', () => {
      const { namespaces, hub, flush } = pluginNamespaces()
      const stream = namespaces.increments('votes')
      stream.add('a')
      stream.add('b')
      flush()
      expect(hub.msgsBroadcast).toBe(1)
    })
  })

  describe('a latest value', () => {
    it('goes to a new subscriber at once, also on a multiplexed stream', () => {
      const { namespaces, open, flush } = pluginNamespaces()
      const stream = namespaces.latest('trending')
      stream.publish('old')
      stream.publish('new')
      flush()
      for (const [kind, text] of [
        [['trending'], 'data:new\n\n'],
        [['trending', 'eps'], 'event:trending\ndata:new\n\n'],
      ] as const) {
        const { outlet, subscriber } = open(kind)
        subscriber.sendLatest(0)
        expect(outlet.text).toBe(text)
      }
    })

    it('sends nothing to a new subscriber where there is none yet', () => {
      const { namespaces, open } = pluginNamespaces()
      namespaces.latest('trending')
      const { outlet, subscriber } = open(['trending'])
      subscriber.sendLatest(0)
      expect(outlet.text).toBe('')
    })

    it('waits for a new subscriber to have taken the one before: values of several namespaces don’t close it as slow', () => {
      const { namespaces, open, flush, closed } = pluginNamespaces({ QUEUE_MAX_BYTES: '1024' })
      const streams = ['big', 'large'].map((name) => namespaces.latest(name))
      for (const stream of streams) stream.publish('x'.repeat(900))
      flush()
      const { outlet, subscriber } = open(['big', 'large', 'details'])
      outlet.isStalled = true
      subscriber.sendLatest(0)
      expect(outlet.queuedBytes).toBe(`event:big\ndata:${'x'.repeat(900)}\n\n`.length)
      streams[1]?.publish('newer')
      flush()
      outlet.drain()
      flush()
      expect(outlet.text.replace(/x+/, 'x')).toBe('event:big\ndata:x\n\nevent:large\ndata:newer\n\n')
      expect(closed).toEqual([])
    })

    it('skips to the newest for a subscriber that was behind, of which one value waits at most', () => {
      const { namespaces, open, flush } = pluginNamespaces()
      const stream = namespaces.latest('trending')
      const slow = open(['trending'])
      slow.outlet.isStalled = true
      for (let n = 0; n < 10; n++) {
        stream.publish(`value ${n}`)
        flush()
      }
      expect(slow.outlet.queuedBytes).toBe('data:value 0\n\n'.length)
      slow.outlet.drain()
      flush()
      expect(slow.outlet.text).toBe('data:value 0\n\ndata:value 9\n\n')
    })

    it('is a copy of what was published', () => {
      const { namespaces, open, flush } = pluginNamespaces()
      const stream = namespaces.latest('trending')
      const { outlet } = open(['trending'])
      const bytes = Buffer.from('aaa')
      stream.publish(bytes)
      bytes.fill('b')
      flush()
      expect(outlet.text).toBe('data:aaa\n\n')
    })

    it('over QUEUE_MAX_BYTES is refused and counted, and the one before stays', () => {
      const { namespaces, open, flush, discards } = pluginNamespaces({ QUEUE_MAX_BYTES: '1024' })
      const stream = namespaces.latest('trending')
      stream.publish('x'.repeat(1024))
      stream.publish('y'.repeat(1025))
      flush()
      const { outlet, subscriber } = open(['trending'])
      subscriber.sendLatest(0)
      expect(outlet.text).toBe(`data:${'x'.repeat(1024)}\n\n`)
      expect(discards.nonZero).toEqual([['too-large', 1]])
    })
  })

  describe('a queue', () => {
    it('sends every message of a turn, in order and in one write', () => {
      const { namespaces, open, flush } = pluginNamespaces()
      const stream = namespaces.queue('news')
      const [alone, named] = [open(['news']), open(['news', 'eps'])]
      stream.publish('a\nb')
      stream.publish(Buffer.from('c'), 'flash')
      flush()
      expect(alone.outlet.received.map(String)).toEqual(['data:a\ndata:b\n\nevent:flash\ndata:c\n\n'])
      expect(named.outlet.text).toBe('event:news\ndata:a\ndata:b\n\nevent:flash\ndata:c\n\n')
    })

    it('takes no event name that would forge a field, whoever listens', () => {
      const { namespaces } = pluginNamespaces()
      expect(() => namespaces.queue('news').publish('x', 'a\ndata:b')).toThrow(RangeError)
    })

    it('closes a subscriber that is further behind than its bound', () => {
      const { namespaces, open, flush, closed } = pluginNamespaces({ QUEUE_MAX_BYTES: '1024' })
      const stream = namespaces.queue('news')
      open(['news']).outlet.isStalled = true
      for (let n = 0; n < 4; n++) {
        stream.publish('x'.repeat(500))
        flush()
      }
      expect(closed.map(({ reason }) => reason)).toEqual(['slow'])
    })

    it('refuses and counts a message over QUEUE_MAX_BYTES', () => {
      const { namespaces, open, flush, discards } = pluginNamespaces({ QUEUE_MAX_BYTES: '1024' })
      const { outlet } = open(['news-of-mine'])
      namespaces.queue('news-of-mine').publish('x'.repeat(1025))
      flush()
      expect(outlet.text).toBe('')
      expect(discards.nonZero).toEqual([['too-large', 1]])
    })
  })

  it('are announced as queued where each message counts: Redis is read at once for those alone', () => {
    const { namespaces, open, opened } = pluginNamespaces()
    namespaces.latest('trending')
    namespaces.increments('votes')
    namespaces.queue('news')
    open(['trending', 'votes', 'eps'])
    open(['votes', 'news', 'details/2665'])
    expect(opened.map(({ audience }) => audience.queued)).toEqual([[], ['news', 'details/2665']])
  })

  it('bound a stream that holds cursors alone as they do one of eps, in time and not in bytes', () => {
    const { namespaces, open, flush } = pluginNamespaces({ QUEUE_MAX_BYTES: '1024', QUEUE_STALL_MS: '1000', EPS_STALL_MS: '60000' })
    const latest = namespaces.latest('trending')
    namespaces.increments('votes')
    const slow = open(['trending', 'votes', 'eps'])
    slow.outlet.isStalled = true
    latest.publish('x'.repeat(1024))
    flush()
    expect(slow.subscriber.isOverdue(performance.now() + 30_000)).toBe(false)
    expect(slow.subscriber.isOverdue(performance.now() + 61_000)).toBe(true)
  })
})
