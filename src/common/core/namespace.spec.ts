import { describe, expect, it } from 'vitest'
import {
  DETAILS,
  detailChannel,
  detailId,
  detailIdBytes,
  detailNamespace,
  EPS,
  epsId,
  epsNamespace,
  isOfEps,
  KIOSK_INTERACTION,
  kindsOf,
  RAW,
} from './namespace.js'

describe('a namespace', () => {
  it('is the path after /subscribe', () => {
    expect([EPS, RAW, DETAILS, KIOSK_INTERACTION]).toEqual(['eps', 'raw', 'details', 'kiosk_interaction'])
    expect(detailNamespace('2665')).toBe('details/2665')
  })

  it.each(['2665', '1F1EA-1F1F8', 'a/b', '/', 'details/2665', ' ', ''])('of a detail gives its id %j back', (id) => {
    expect(detailId(detailNamespace(id))).toBe(id)
  })

  it.each(['2665', 'a/b', '/', 'eps/2665', ' ', ''])('of the increments of one id gives its id %j back', (id) => {
    expect(epsId(epsNamespace(id))).toBe(id)
    expect(isOfEps(epsNamespace(id))).toBe(true)
  })

  it.each([EPS, RAW, 'eps2665', 'ep/2665', 'x/eps/2665', 'details/eps', ''])('%j is not of the increments of one id', (namespace) => {
    expect(epsId(namespace)).toBeNull()
    expect(isOfEps(namespace)).toBe(namespace === EPS)
  })

  it.each([EPS, RAW, KIOSK_INTERACTION, DETAILS, 'details2665', 'detail/2665', 'x/details/2665', ''])('%j has no id', (namespace) => {
    expect(detailId(namespace)).toBeNull()
  })
})

it.each([
  [['eps'], ['eps']],
  [['details'], ['details']],
  [['details/eps'], ['details']],
  [
    ['details/26', 'eps', 'details/2665'],
    ['details', 'eps'],
  ],
  [
    ['kiosk_interaction', 'raw'],
    ['kiosk_interaction', 'raw'],
  ],
  [['eps/2665'], ['eps']],
  [['eps/26', 'eps/2665', 'eps'], ['eps']],
  [['trending'], ['trending']],
])('says of %j that it holds %j', (namespaces, kinds) => {
  expect(kindsOf(namespaces)).toEqual(kinds)
})

describe('a detail channel', () => {
  it('is the prefix and the id', () => {
    expect(detailChannel('2665')).toBe('stream.tweet_updates.2665')
  })

  it.each(['2665', '1F1EA-1F1F8', 'a.b.c', '.', 'stream.tweet_updates.x', '😂'])('gives the whole id %s back', (id) => {
    expect(Buffer.from(detailIdBytes(Buffer.from(detailChannel(id)))).toString()).toBe(id)
  })
})
