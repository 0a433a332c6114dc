import { describe, expect, it } from 'vitest'
import { encodeEventName } from '../../common/core/sse-frame.js'
import { Audience } from './audience.js'

const audience = (namespaces: readonly string[], { isNamed = false, isChunked = false } = {}) =>
  new Audience({ namespaces, isNamed, isChunked })
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const json = Buffer.from('{"1F602":2}')
const EPS_EVENT = encodeEventName('eps')

describe('Audience', () => {
  describe('its bytes', () => {
    it('are plain without chunked framing', () => {
      const plain = audience(['eps'])
      expect(plain.encode(json, EPS_EVENT).toString()).toBe('data:{"1F602":2}\n\n')
      expect(plain.greeting.toString()).toBe(':ok\n\n')
      expect(plain.heartbeat.toString()).toBe(':keepalive\n\n')
    })

    it('are one chunk each with it', () => {
      const chunked = audience(['eps'], { isChunked: true })
      expect(chunked.encode(json, EPS_EVENT).toString()).toBe(chunk('data:{"1F602":2}\n\n'))
      expect(chunked.greeting.toString()).toBe(chunk(':ok\n\n'))
      expect(chunked.heartbeat.toString()).toBe(chunk(':keepalive\n\n'))
    })

    it('name eps and raw frames on a multiplexed stream', () => {
      const named = audience(['eps', 'raw'], { isNamed: true })
      expect(named.encode(json, EPS_EVENT).toString()).toBe('event:eps\ndata:{"1F602":2}\n\n')
      expect(named.encodeRaw(Buffer.from('1F602')).toString()).toBe('event:raw\ndata:1F602\n\n')
    })

    it('leave raw frames unnamed, and unwrapped until they are delivered', () => {
      const bytes = audience(['raw'], { isChunked: true }).encodeRaw(Buffer.from('1F602'))
      expect(bytes.toString()).toBe('data:1F602\n\n')
    })
  })

  it.each([
    [false, undefined, ''],
    [false, 1234, 'retry:1234\n\n'],
    [true, undefined, '0\r\n\r\n'],
    [true, 1234, `${chunk('retry:1234\n\n')}0\r\n\r\n`],
  ])('says farewell (chunked: %s, retry: %s) with %j', (isChunked, retryMs, bytes) => {
    expect(audience(['eps'], { isChunked }).encodeFarewell(retryMs).toString()).toBe(bytes)
  })

  it.each([
    [['details/2665'], false, '2665', false, true],
    [['details/a/b'], false, 'a/b', false, true],
    [['details'], false, null, false, true],
    [['eps'], false, null, true, false],
    [['raw'], false, null, false, true],
    [['details/2665'], true, null, false, true],
    [['raw', 'eps'], true, null, true, true],
  ])('%j (multiplexed: %s) has tag %j, scores: %s, a queue: %s', (namespaces, isNamed, tag, hasScores, hasQueue) => {
    expect(audience(namespaces, { isNamed })).toMatchObject({ tag, hasScores, hasQueue })
  })

  const flags = [false, true].flatMap((isNamed) => [false, true].map((isChunked) => ({ isNamed, isChunked })))

  it('shares its variant with exactly those audiences that get the same eps frames', () => {
    const frames = new Map(
      flags.map((kind) => [audience(['eps'], kind).variant, audience(['eps'], kind).encode(json, EPS_EVENT).toString()]),
    )
    expect([...frames.keys()].sort()).toEqual([0, 1, 2, 3])
    expect(new Set(frames.values()).size).toBe(4)
    for (const kind of flags) {
      const other = audience(['raw', 'eps'], kind)
      expect(other.encode(json, EPS_EVENT).toString()).toBe(frames.get(other.variant))
    }
  })

  it('has a key that only the same kind has', () => {
    const kinds = flags.flatMap((kind) =>
      [['eps'], ['eps', 'raw'], ['raw', 'eps'], ['eps,raw'], ['eps","raw'], ['details/"']].map((namespaces) => ({ ...kind, namespaces })),
    )
    expect(new Set(kinds.map((kind) => Audience.key(kind))).size).toBe(kinds.length)
    for (const kind of kinds) expect(Audience.key(new Audience(kind))).toBe(Audience.key({ ...kind, namespaces: [...kind.namespaces] }))
  })
})
