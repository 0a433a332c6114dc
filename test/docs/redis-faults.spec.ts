import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { faultRows } from '../support/redis/fault-table.js'

const SPEC = fileURLToPath(new URL('../e2e/redis/redis-faults.e2e-spec.ts', import.meta.url))
const METRICS = fileURLToPath(new URL('../../docs/metrics.md', import.meta.url))

it('each fault of Redis in docs/operations.md has a test of its title, and each of those tests a row', () => {
  const titles = [...readFileSync(SPEC, 'utf8').matchAll(/^\s*it\('([^']+)'/gm)].map(([, title = '']) => title)
  const faults = faultRows().map(({ fault }) => fault)
  expect(faults.length).toBeGreaterThan(10)
  expect(new Set(faults).size).toBe(faults.length)
  expect([...faults].sort()).toEqual(titles.sort())
})

it('each of them names a state of health, and metrics that exist', () => {
  const metrics = readFileSync(METRICS, 'utf8')
  for (const { fault, health, metrics: names } of faultRows()) {
    expect([fault, health.length > 0]).toEqual([fault, true])
    for (const name of names) expect([name, metrics.includes(`| \`${name}\``)]).toEqual([name, true])
  }
})
