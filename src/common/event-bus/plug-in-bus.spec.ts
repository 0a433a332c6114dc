import { afterEach, describe, expect, it, vi } from 'vitest'
import { EventBus } from './event-bus.js'
import { PlugInBus, type SlowHandler } from './plug-in-bus.js'

const INGEST = { state: 'ready' } as const

describe('the bus of plug-ins', () => {
  const failed: unknown[] = []
  const slow: SlowHandler[] = []
  const core = new EventBus((event, error) => failed.push([event, String(error)]))
  const bus = new PlugInBus(core, (each) => slow.push(each))

  afterEach(() => {
    vi.restoreAllMocks()
    failed.length = slow.length = 0
  })

  it('carries what the server emits, and what the plug-in does', () => {
    const seen: string[] = []
    const stop = bus.on('ingest.changed', ({ state }) => void seen.push(`plug-in ${state}`))
    const stopCore = core.on('ingest.changed', ({ state }) => seen.push(`server ${state}`))
    core.emit('ingest.changed', INGEST)
    bus.emit('ingest.changed', INGEST)
    stop()
    stopCore()
    bus.emit('ingest.changed', INGEST)
    expect(seen).toEqual(['plug-in ready', 'server ready', 'plug-in ready', 'server ready'])
  })

  it('catches and counts what a handler throws, and what the promise of an async one is rejected with', async () => {
    const before = core.failures
    const stops = [
      bus.on('ingest.changed', () => {
        throw new Error('at once')
      }),
      bus.on('ingest.changed', async () => {
        await Promise.resolve()
        throw new Error('later')
      }),
    ]
    core.emit('ingest.changed', INGEST)
    await new Promise(setImmediate)
    for (const stop of stops) stop()
    expect(failed).toEqual([
      ['ingest.changed', 'Error: at once'],
      ['ingest.changed', 'Error: later'],
    ])
    expect(core.failures - before).toBe(2)
  })

  it('names a handler that takes longer than a period of the flush, also when it throws, by where it was registered', () => {
    let nowMs = 0
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    class Trending {
      listen(tookMs: number): () => void {
        return bus.on('node.draining', () => {
          nowMs += tookMs
          if (tookMs > 100) throw new Error('slow, and wrong')
        })
      }
    }
    const stops = [10, 17, 18, 101].map((tookMs) => new Trending().listen(tookMs))
    core.emit('node.draining', {})
    for (const stop of stops) stop()
    const handler = expect.stringMatching(/Trending\.listen .*plug-in-bus\.spec/)
    expect(slow).toEqual([18, 101].map((tookMs) => ({ event: 'node.draining', handler, tookMs })))
  })

  it('lets a failure out of emit where it stands alone, in a test', () => {
    const alone = new PlugInBus()
    alone.on('node.draining', () => {
      throw new Error('a bug')
    })
    expect(() => alone.emit('node.draining', {})).toThrow('a bug')
  })
})
