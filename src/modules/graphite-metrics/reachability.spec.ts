import { describe, expect, it } from 'vitest'
import { causeOf, Reachability } from './reachability.js'

function aReachability(chance = 0) {
  const told: string[] = []
  const listener = { onFailure: (cause: string) => void told.push(cause), onRecovery: () => void told.push('recovered') }
  return { told, reachability: new Reachability(listener, () => chance) }
}

describe('Reachability', () => {
  it('is due until something has failed', () => {
    expect(aReachability().reachability.isDue(0)).toBe(true)
  })

  it('waits longer after each failure in a row, up to a minute', () => {
    const { reachability } = aReachability()
    const waits = Array.from({ length: 8 }, () => {
      reachability.failed('refused', 0)
      for (let ms = 0; ; ms += 500) if (reachability.isDue(ms)) return ms
    })
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('waits less by chance, so that nodes that failed together do not come back in step', () => {
    const { reachability } = aReachability(1)
    reachability.failed('refused', 0)
    expect([reachability.isDue(499), reachability.isDue(500)]).toEqual([false, true])
  })

  it('tells of each failure, and of a recovery once', () => {
    const { told, reachability } = aReachability()
    reachability.stands()
    for (const cause of ['ENOTFOUND', 'closed']) reachability.failed(cause, 0)
    reachability.stands()
    reachability.stands()
    expect(told).toEqual(['ENOTFOUND', 'closed', 'recovered'])
  })

  it('begins anew after a recovery', () => {
    const { reachability } = aReachability()
    for (let i = 0; i < 5; i++) reachability.failed('closed', 0)
    reachability.stands()
    reachability.failed('closed', 0)
    expect([reachability.isDue(999), reachability.isDue(1000)]).toEqual([false, true])
  })
})

describe('causeOf', () => {
  it('is the code of a system error, which names no host', () => {
    expect(causeOf(Object.assign(new Error('getaddrinfo ENOTFOUND carbon.internal'), { code: 'ENOTFOUND' }))).toBe('ENOTFOUND')
  })

  it('is the name of any other', () => {
    expect(causeOf(new TypeError('secret'))).toBe('TypeError')
  })
})
