import { describe, expect, it } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { Audience, NO_OPTIONS } from './audience.js'

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const flags = [false, true].flatMap((isNamed) => [false, true].map((isChunked) => ({ isNamed, isChunked, ...NO_OPTIONS })))

describe('Audience', () => {
  it.each([
    [false, ':keepalive\n\n'],
    [true, chunk(':keepalive\n\n')],
  ])('has a heartbeat in its framing (chunked: %s)', (isChunked, bytes) => {
    expect(aHub().open(['eps'], { isChunked }).subscriber.audience.heartbeatFor([]).toString()).toBe(bytes)
  })

  it('has the newest id in the heartbeat of a resumable stream, which moves on while nothing comes for the stream', () => {
    const { log, open, flush } = aHub()
    const { audience, cursors } = open(['details/2665'], { isChunked: false, options: { isResumable: true } }).subscriber
    flush('a', 'b')
    expect(audience.heartbeatFor(cursors).toString()).toBe(`:keepalive\n\nid:private1-${log.position}.0\n\n`)
    const chunked = open(['eps/2665'], { isChunked: true, options: { isResumable: true } }).subscriber
    flush('a')
    expect(chunked.audience.heartbeatFor(chunked.cursors).toString()).toBe(chunk(`:keepalive\n\nid:private1-${log.position}\n\n`))
  })

  it.each([
    [['details/2665'], false, ['details/2665']],
    [['details/a/b'], false, ['details/a/b']],
    [['details'], false, ['details']],
    [['eps'], false, []],
    [['raw'], false, ['raw']],
    [['details/2665'], true, ['details/2665']],
    [['raw', 'eps'], true, ['raw']],
    [['details', 'eps', 'news', 'raw'], true, ['details', 'news', 'raw']],
  ])('%j (multiplexed: %s) gets each message of %j', (namespaces, isNamed, queued) => {
    const { audience } = aHub().open(namespaces, { isNamed }).subscriber
    expect(audience).toMatchObject({ namespaces, isNamed, queued, hasQueue: queued.length > 0 })
  })

  it.each([
    [['eps'], 1],
    [['raw'], 1],
    [['eps', 'raw'], 2],
    [['details'], 1],
    [['details', 'details/a', 'news'], 1],
    [['details', 'eps', 'details/a', 'raw'], 3],
  ])('gives a subscriber of %j its cursors: %i, all message namespaces share one', (namespaces, cursors) => {
    const { subscriber } = aHub().open(namespaces)
    expect(subscriber.cursors).toHaveLength(cursors)
    expect(new Set(subscriber.cursors.map(({ owner }) => owner)).size).toBe(cursors)
  })

  it('has a variant that exactly the same names and framing have', () => {
    const variants = flags.map((kind) => aHub().open(['eps'], kind).subscriber.audience.variant)
    expect([...variants].sort()).toEqual([0, 1, 2, 3])
    expect(flags.map((kind) => aHub().open(['raw', 'eps'], kind).subscriber.audience.variant)).toEqual(variants)
  })

  it('has a key that only the same kind has', () => {
    const options = [
      {},
      { isResumable: true },
      { hasTotals: true },
      { rate: 1 },
      { rate: 59 },
      { isResumable: true, hasTotals: true, rate: 59 },
    ]
    const optioned = flags.flatMap((kind) => options.map((some) => ({ ...kind, ...some })))
    const kinds = optioned.flatMap((kind) =>
      [['eps'], ['eps', 'raw'], ['eps,raw'], ['eps","raw'], ['details/"'], ['details', '"'], ['1:eps']].map((namespaces) => ({
        ...kind,
        namespaces,
      })),
    )
    expect(new Set(kinds.map((kind) => Audience.key(kind))).size).toBe(kinds.length)
    for (const kind of kinds) {
      const audience = new Audience(kind, () => undefined, null)
      expect(Audience.key(audience)).toBe(Audience.key({ ...kind, namespaces: [...kind.namespaces] }))
    }
  })

  it('has the same key for the same namespaces in any order, which the key leaves as they are', () => {
    const namespaces = ['raw', 'details/1', 'eps']
    const kind = { namespaces, isNamed: true, isChunked: true, ...NO_OPTIONS }
    expect(Audience.key(kind)).toBe(Audience.key({ ...kind, namespaces: [...namespaces].sort() }))
    expect(namespaces).toEqual(['raw', 'details/1', 'eps'])
  })
})
