import { describe, expect, it } from 'vitest'
import { TokenBucket } from './token-bucket.js'

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
