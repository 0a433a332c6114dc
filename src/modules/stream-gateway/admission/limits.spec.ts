import { describe, expect, it } from 'vitest'
import type { LimitsConfig } from '../../../common/config/app-config.js'
import { Relay } from '../../../common/relay/relay.js'
import { addressBlock, Limits, TokenBucket } from './limits.js'
import { Tally } from './tally.js'

const NONE = Number.POSITIVE_INFINITY
const ME = '192.0.2.1'
const OTHER = '192.0.2.2'

function limited(bounds: Partial<LimitsConfig>, bucket: TokenBucket | null = null) {
  const config = {
    maxConnections: NONE,
    maxConnectionsHere: NONE,
    maxConnectionsPerIp: NONE,
    maxConnectsPerS: NONE,
    refuseRetryMs: { min: 1, max: 1 },
    ...bounds,
  }
  let hear: (message: unknown) => void = () => undefined
  const relay = new Relay({
    post: () => undefined,
    onMessage: (handler) => {
      hear = handler
    },
  })
  const limits = new Limits(config, new Tally(relay, 1, () => undefined), bucket)
  return {
    limits,
    /** The counts of the others, and of this worker as they know it. */
    others: (counts: Record<string, number>, own: Record<string, number> = {}) => hear({ kind: 'others', counts, own }),
    admit: (times: number, address = ME, nowMs = 0) => Array.from({ length: times }, () => limits.admit(address, nowMs)),
  }
}

describe('Limits', () => {
  it('lets everybody in where there are none', () => {
    expect(new Set(limited({}).admit(1000))).toEqual(new Set([null]))
  })

  it.each(['maxConnections', 'maxConnectionsHere'] as const)('refuses once %s are in, until one has left', (bound) => {
    const { limits, admit } = limited({ [bound]: 2 })
    expect(admit(4)).toEqual([null, null, 'full', 'full'])
    limits.release(ME)
    expect(admit(2, OTHER)).toEqual([null, 'full'])
  })

  it('counts streams of other workers within maxConnections, and not within maxConnectionsHere', () => {
    const { others, admit } = limited({ maxConnections: 3, maxConnectionsHere: 2 })
    others({ streams: 2 })
    expect(admit(2)).toEqual([null, 'full'])
    others({ streams: 0 })
    expect(admit(2)).toEqual([null, 'full'])
  })

  it('refuses one address that has too many, and no other', () => {
    const { limits, admit } = limited({ maxConnectionsPerIp: 2 })
    expect(admit(3)).toEqual([null, null, 'per-address'])
    expect(admit(3, OTHER)).toEqual([null, null, 'per-address'])
    limits.release(ME)
    expect(admit(2)).toEqual([null, 'per-address'])
  })

  it('counts an address over all workers, IPv6 by /64', () => {
    const { others, admit } = limited({ maxConnectionsPerIp: 3 })
    others({ '2001:db8:0:0::/64': 1 })
    expect(['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'].flatMap((address) => admit(1, address))).toEqual([
      null,
      null,
      'per-address',
      null,
    ])
  })

  it('does not take unknown addresses for one', () => {
    expect(limited({ maxConnectionsPerIp: 1 }).admit(3, '')).toEqual([null, null, null])
  })

  it('lets so many in per second, and takes nothing for the streams that it refuses', () => {
    const { limits, admit } = limited({ maxConnections: 2 }, new TokenBucket(3, 0))
    expect(admit(4)).toEqual([null, null, 'full', 'full'])
    limits.release(ME)
    limits.release(ME)
    expect(admit(2)).toEqual([null, 'rate'])
    expect(admit(2, ME, 1000)).toEqual([null, 'full'])
  })
})

describe('addressBlock', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['', ''],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:0DB8:0000:0001::9', '2001:db8:0:1::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:0:0:0:1', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('takes %s for %s', (address, block) => {
    expect(addressBlock(address)).toBe(block)
  })
})

const takeMany = (bucket: TokenBucket, tries: number, nowMs: number) =>
  Array.from({ length: tries }, () => bucket.take(nowMs)).filter((taken) => taken).length

describe('TokenBucket', () => {
  it('lets the number of one second through at once, and no more', () => {
    expect(takeMany(new TokenBucket(5, 0), 100, 0)).toBe(5)
  })

  it('fills again evenly, and not over its brim', () => {
    const bucket = new TokenBucket(10, 0)
    takeMany(bucket, 10, 0)
    expect(takeMany(bucket, 100, 99)).toBe(0)
    expect(takeMany(bucket, 100, 500)).toBe(5)
    expect(takeMany(bucket, 100, 1_000_000)).toBe(10)
  })

  it('lets no more through for being asked more often', () => {
    const bucket = new TokenBucket(10, 0)
    let taken = 0
    for (let nowMs = 0; nowMs < 10_000; nowMs++) taken += takeMany(bucket, 3, nowMs)
    expect(taken).toBeGreaterThanOrEqual(108)
    expect(taken).toBeLessThanOrEqual(110)
  })

  it('gives out whole ones at a rate below one a second', () => {
    const bucket = new TokenBucket(0.5, 0)
    expect([0, 1000, 2000, 3000, 4000].map((nowMs) => bucket.take(nowMs))).toEqual([true, false, true, false, true])
  })
})
