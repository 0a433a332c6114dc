import { beforeAll, expect, it } from 'vitest'
import { benchRound, compileBench } from '../../support/servers/bench.js'

const RUN_MS = 180_000
/** The memory of 1000 streams, and what a burst leaves until the next collection. */
const MAX_GROWTH_MB = 80

beforeAll(compileBench, RUN_MS)

it('500 of 1000 clients never read: the sums of all are exact once they read on, and memory stays within its bound', {
  timeout: RUN_MS,
}, async () => {
  const { figures, isExact, faults } = await benchRound('stalled1000', 4)
  const { clients, lost, maxMb = Number.NaN, baseMb = Number.NaN } = figures
  expect({ faults, isExact, clients, lost }).toEqual({ faults: [], isExact: true, clients: 1000, lost: 0 })
  expect(maxMb - baseMb).toBeLessThan(MAX_GROWTH_MB)
})

it('clients come and go, Redis restarts and workers are killed: memory and descriptors stay, and clients that stay have exact sums', {
  timeout: RUN_MS,
}, async () => {
  const { figures, isExact, faults } = await benchRound('soak200', 14)
  const { kills, restarts, steady } = figures
  expect({ faults, isExact, kills, restarts }).toEqual({ faults: [], isExact: true, kills: 2, restarts: 1 })
  expect(steady).toBeGreaterThan(0)
})
