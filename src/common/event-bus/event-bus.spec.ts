import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EventBus, PluginBus, type SlowHandler } from './event-bus.js'

const UNEXPECTED = (_event: string, error: unknown) => {
  throw error
}
const READY = { state: 'ready' } as const

describe('EventBus', () => {
  it('hands the payload itself to every handler of the event, in the order of registration, before emit returns', () => {
    const bus = new EventBus(UNEXPECTED)
    const calls: unknown[] = []
    bus.on('ingest.changed', (payload) => calls.push(['first', payload]))
    bus.on('ingest.changed', (payload) => calls.push(['second', payload]))
    bus.on('node.draining', () => calls.push(['other']))
    bus.emit('ingest.changed', READY)
    expect(calls).toEqual([
      ['first', READY],
      ['second', READY],
    ])
    expect((calls[0] as unknown[])[1]).toBe(READY)
  })

  it('does nothing when nobody listens', () => {
    expect(() => new EventBus(UNEXPECTED).emit('node.draining', {})).not.toThrow()
  })

  it('reports and counts a handler that throws, and runs the others', () => {
    const onFailure = vi.fn()
    const bus = new EventBus(onFailure)
    const error = new Error('broken')
    const last = vi.fn()
    bus.on('ingest.changed', () => {
      throw error
    })
    bus.on('ingest.changed', last)
    bus.emit('ingest.changed', READY)
    bus.emit('ingest.changed', READY)
    expect(last).toHaveBeenCalledTimes(2)
    expect(bus.failures).toBe(2)
    expect(onFailure.mock.calls).toEqual([
      ['ingest.changed', error],
      ['ingest.changed', error],
    ])
  })

  it('stops calling a handler that was removed, and still calls the others', () => {
    const bus = new EventBus(UNEXPECTED)
    const removed = vi.fn()
    const kept = vi.fn()
    const remove = bus.on('ingest.changed', removed)
    bus.on('ingest.changed', kept)
    remove()
    bus.emit('ingest.changed', READY)
    expect(removed).not.toHaveBeenCalled()
    expect(kept).toHaveBeenCalledOnce()
  })

  it('finishes a round as it began it where a handler adds or removes handlers', () => {
    const bus = new EventBus(UNEXPECTED)
    const calls: string[] = []
    bus.on('ingest.changed', () => {
      calls.push('first')
      removeSecond()
      bus.on('ingest.changed', () => calls.push('third'))
    })
    const removeSecond = bus.on('ingest.changed', () => calls.push('second'))
    bus.emit('ingest.changed', READY)
    expect(calls).toEqual(['first', 'second'])
    calls.length = 0
    bus.emit('ingest.changed', READY)
    expect(calls).toEqual(['first', 'third'])
  })

  it('delivers an event that a handler emits at once', () => {
    const bus = new EventBus(UNEXPECTED)
    const calls: string[] = []
    bus.on('node.draining', () => {
      bus.emit('ingest.changed', READY)
      calls.push('draining')
    })
    bus.on('ingest.changed', () => calls.push('changed'))
    bus.emit('node.draining', {})
    expect(calls).toEqual(['changed', 'draining'])
  })
})

const INGEST = { state: 'ready' } as const

describe('the bus of plug-ins', () => {
  const failed: unknown[] = []
  const slow: SlowHandler[] = []
  const core = new EventBus((event, error) => failed.push([event, String(error)]))
  const bus = new PluginBus(core, (each) => slow.push(each))

  afterEach(() => {
    vi.restoreAllMocks()
    failed.length = slow.length = 0
  })

  it('carries the events of the server and of the plug-in', () => {
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

  it('catches and counts the exception of a handler, and the rejection of an async one', async () => {
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

  it.each([
    ['a promise of another realm', () => runInNewContext('Promise.reject(reason)', { reason: new Error('later') })],
    // biome-ignore lint/suspicious/noThenProperty: some libraries have promises of their own
    ['a promise of a library', () => ({ then: (_done: unknown, fail: (error: Error) => void) => fail(new Error('later')) })],
  ])('catches and counts the rejection of %s', async (_what, handler: () => Promise<void>) => {
    const before = core.failures
    const stop = bus.on('ingest.changed', handler)
    core.emit('ingest.changed', INGEST)
    await new Promise(setImmediate)
    stop()
    expect([failed, core.failures - before]).toEqual([[['ingest.changed', 'Error: later']], 1])
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
    const handler = expect.stringMatching(/Trending\.listen .*event-bus\.spec/)
    expect(slow).toEqual([18, 101].map((tookMs) => ({ event: 'node.draining', handler, tookMs })))
  })

  it('lets emit throw without a server, in a test', () => {
    const alone = new PluginBus()
    alone.on('node.draining', () => {
      throw new Error('a bug')
    })
    expect(() => alone.emit('node.draining', {})).toThrow('a bug')
  })
})
