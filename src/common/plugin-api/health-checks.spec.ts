import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type HealthCheck, HealthChecks } from './health-checks.js'

describe('HealthChecks', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['well', () => true],
    ['well', async () => true],
    ['not well', () => false],
    ['not well', async () => false],
  ] as const satisfies readonly (readonly [string, HealthCheck])[])('finds it %s', async (outcome, check) => {
    const checks = new HealthChecks()
    checks.add('trending', check)
    expect([checks.names, await checks.run('trending')]).toEqual([['trending'], outcome])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    () => {
      throw new Error('no')
    },
    () => Promise.reject(new Error('no')),
  ])('takes one that throws for one that has failed, and says which', async (check) => {
    const failed: string[] = []
    const checks = new HealthChecks((name, error) => failed.push(`${name} ${error}`))
    checks.add('trending', check)
    expect([await checks.run('trending'), failed]).toEqual(['failed', ['trending Error: no']])
  })

  it('waits a second, once, and begins none anew that is under way', async () => {
    let end: (value: boolean) => void = () => undefined
    const check = vi.fn(() => new Promise<boolean>((resolve) => (end = resolve)))
    const checks = new HealthChecks()
    checks.add('trending', check)
    const first = checks.run('trending')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await first).toBe('too slow')
    // No time passes.
    expect([await checks.run('trending'), check.mock.calls.length]).toEqual(['too slow', 1])
    end(true)
    await vi.advanceTimersByTimeAsync(0)
    const last = checks.run('trending')
    end(true)
    expect([await last, check.mock.calls.length]).toEqual(['well', 2])
  })

  it.each(['node', 'ingest', 'trending', 'a b', ''])('refuses the name %j', (name) => {
    const checks = new HealthChecks()
    checks.add('trending', () => true)
    expect(() => checks.add(name, () => true)).toThrow(expect.objectContaining({ code: 'ERR_HEALTH_CHECK' }))
  })
})
