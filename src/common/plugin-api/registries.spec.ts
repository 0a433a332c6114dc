import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CHECK_TIMEOUT_MS, type HealthCheck, HealthChecks } from './registries.js'

describe('HealthChecks', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['up', () => true],
    ['up', async () => true],
    ['down', () => false],
    ['down', async () => false],
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
  ])('reports a check that throws as an error, with its name', async (check) => {
    const failed: string[] = []
    const checks = new HealthChecks((name, error) => failed.push(`${name} ${error}`))
    checks.add('trending', check)
    expect([await checks.run('trending'), failed]).toEqual(['error', ['trending Error: no']])
  })

  it('asks no check again that has not ended, and calls it overdue after a second', async () => {
    let end: (value: boolean) => void = () => undefined
    const check = vi.fn(() => new Promise<boolean>((resolve) => (end = resolve)))
    const checks = new HealthChecks()
    checks.add('trending', check)
    const first = checks.run('trending')
    vi.advanceTimersByTime(CHECK_TIMEOUT_MS - 1)
    expect([checks.run('trending') === first, checks.isOverdue('trending')]).toEqual([true, false])
    vi.advanceTimersByTime(1)
    expect([checks.isOverdue('trending'), check.mock.calls.length]).toEqual([true, 1])
    end(true)
    expect([await first, checks.isOverdue('trending')]).toEqual(['up', false])
    const last = checks.run('trending')
    end(false)
    expect([await last, check.mock.calls.length]).toEqual(['down', 2])
  })

  it.each(['node', 'ingest', 'trending', 'a b', ''])('refuses the name %j', (name) => {
    const checks = new HealthChecks()
    checks.add('trending', () => true)
    expect(() => checks.add(name, () => true)).toThrow(expect.objectContaining({ code: 'ERR_HEALTH_CHECK' }))
  })
})
