import { describe, expect, it, vi } from 'vitest'
import { EventBus } from './event-bus.js'

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

  it('stops calling a handler that was removed, and goes on calling the others', () => {
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
