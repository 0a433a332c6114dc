import { setTimeout as later } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { EventLoopDelay } from './event-loop-delay.js'

const BLOCK_MS = 200
/** A few samples' time. */
const PAUSE_MS = 100

function block(): void {
  for (const until = performance.now() + BLOCK_MS; performance.now() < until; );
}

describe('EventLoopDelay', () => {
  const delay = new EventLoopDelay()

  afterEach(() => delay.stop())

  it('shows how long the loop was held up since it was last asked', async () => {
    delay.start()
    const seen = await eventually('the delay is seen', async () => {
      await later(PAUSE_MS)
      block()
      await later(PAUSE_MS)
      const taken = delay.take()
      return taken.max >= BLOCK_MS / 2 ? taken : undefined
    })
    expect(seen.max).toBeGreaterThanOrEqual(seen.p99)
    expect(seen.p99).toBeGreaterThanOrEqual(seen.p50)
    expect(delay.take().max).toBe(0)
  })

  it('is all noughts before the first sample', () => {
    expect(new EventLoopDelay().take()).toEqual({ p50: 0, p99: 0, max: 0 })
  })
})
