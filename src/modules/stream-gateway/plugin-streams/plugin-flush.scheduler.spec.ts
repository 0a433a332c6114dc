import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { PluginFlushScheduler } from './plugin-flush.scheduler.js'

const turn = () => vi.advanceTimersToNextTimer()

describe('PluginFlushScheduler', () => {
  let registry: SchedulerRegistry
  let world: ReturnType<typeof aHub>
  let hub: typeof world.hub
  let flushes: PluginFlushScheduler
  let calls: string[]
  let startMs: number

  beforeEach(() => {
    vi.useFakeTimers()
    registry = new SchedulerRegistry()
    world = aHub()
    hub = world.hub
    flushes = new PluginFlushScheduler(registry, hub, world.slices)
    calls = []
    startMs = performance.now()
  })
  afterEach(() => void vi.useRealTimers())

  const stream = (name: string) => ({ flush: (atMs: number) => calls.push(`${name} ${atMs - startMs}`) })

  it('flushes at the end of the turn, never within the call of a plug-in', () => {
    flushes.request(stream('votes'))
    expect(calls).toEqual([])
    turn()
    expect(calls).toEqual(['votes 0'])
  })

  it('flushes each stream once, all together, and counts a frame for each', () => {
    const [votes, trending] = [stream('votes'), stream('trending')]
    for (const each of [votes, trending, votes]) flushes.request(each)
    turn()
    expect(calls).toEqual(['votes 0', 'trending 0'])
    expect(hub.msgsBroadcast).toBe(2)
  })

  it('waits for the next point of the grid after a flush, by one timer of the registry', () => {
    const votes = stream('votes')
    flushes.request(votes)
    turn()
    vi.advanceTimersByTime(3)
    flushes.request(votes)
    turn()
    expect(calls).toHaveLength(1)
    expect(registry.getTimeouts()).toEqual(['namespace-flush'])
    vi.advanceTimersByTime(13)
    expect(calls).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(calls).toEqual(['votes 0', 'votes 17'])
  })

  it('flushes at most 60 times a second', () => {
    const votes = stream('votes')
    for (let ms = 0; ms < 1000; ms++) {
      flushes.request(votes)
      vi.advanceTimersByTime(1)
    }
    expect(calls.length).toBeGreaterThan(50)
    expect(calls.length).toBeLessThanOrEqual(60)
  })

  it('has no timer while nothing is published', () => {
    flushes.request(stream('votes'))
    vi.advanceTimersByTime(1000)
    expect([calls.length, vi.getTimerCount()]).toEqual([1, 0])
  })

  it.each(['at the end of a turn', 'by its timer'])('ends the process for an error %s', (when) => {
    const error = new Error('broken')
    const broken = {
      flush: () => {
        throw error
      },
    }
    world.fatal.end.mockImplementation(() => undefined)
    if (when === 'by its timer') {
      flushes.request(stream('votes'))
      turn()
    }
    flushes.request(broken)
    vi.advanceTimersByTime(20)
    expect(world.fatal.end.mock.calls).toEqual([['namespace-flush', error]])
  })
})
