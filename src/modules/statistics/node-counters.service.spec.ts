import { beforeEach, describe, expect, it } from 'vitest'
import { FakeStats } from '../../../test/support/fakes/fake-stats.js'
import { nodeCounters } from '../../../test/support/node-counters.js'
import { EventBus } from '../../common/event-bus/event-bus.js'
import type { NodeCountersService } from './node-counters.service.js'

const NONE = { raw: 0, eps: 0, details: 0, kiosk_interaction: 0, trending: 0, ['__proto__']: 0 }

describe('NodeCountersService', () => {
  let bus: EventBus
  let counters: NodeCountersService

  beforeEach(() => {
    bus = new EventBus(() => undefined)
    const stats = new FakeStats()
    stats.plugInNamespaces.push('trending', '__proto__')
    counters = nodeCounters(bus, { stats })
  })

  it.each([
    [['raw'], { raw: 1 }],
    [['eps'], { eps: 1 }],
    [['kiosk_interaction'], { kiosk_interaction: 1 }],
    [['details'], { details: 1 }],
    [['details/2665'], { details: 1 }],
    [['details/raw'], { details: 1 }],
    [['eps', 'details/2665', 'details/1F602', 'details'], { eps: 1, details: 1 }],
    [['raw', 'eps', 'details/1'], { raw: 1, eps: 1, details: 1 }],
    [['trending', 'eps'], { trending: 1, eps: 1 }],
    [['__proto__'], { ['__proto__']: 1 }],
  ])('counts %j once in each kind of namespace that it holds, until it is closed', (namespaces, counts) => {
    const open = () => Object.fromEntries(counters.openByNamespace.counts)
    bus.emit('subscriber.opened', { namespaces, queued: [] })
    expect(open()).toEqual({ ...NONE, ...counts })
    bus.emit('subscriber.closed', { namespaces, queued: [], reason: 'client', openMs: 1 })
    expect(open()).toEqual(NONE)
  })

  it('counts each stream once in its kind, as opened permanently and as open until it is closed', () => {
    for (const namespaces of [['eps'], ['eps', 'raw'], ['trending']]) bus.emit('subscriber.opened', { namespaces, queued: [] })
    bus.emit('subscriber.closed', { namespaces: ['eps'], queued: [], reason: 'slow', openMs: 1 })
    expect(counters.opened.nonZero).toEqual([
      ['eps', 1],
      ['multiplexed', 1],
      ['trending', 1],
    ])
    expect(counters.open.nonZero).toEqual([
      ['multiplexed', 1],
      ['trending', 1],
    ])
    expect(counters.closed.nonZero).toEqual([['slow', 1]])
  })

  it('counts a batch by its updates', () => {
    const id = Buffer.from('2665')
    bus.emit('scores.received', { ids: [id, id, id] })
    bus.emit('detail.received', { id: '2665', data: id })
    bus.emit('interaction.received', { channel: 'c', data: id })
    expect(counters.received).toEqual({ score: 3, detail: 1, interaction: 1 })
  })

  it('gives each reader of rounds a meter of its own', () => {
    const [first, second] = [counters.roundMeter(), counters.roundMeter()]
    bus.emit('round.finished', { flushedAtMs: 0, tookMs: 5, lagMs: 9 })
    expect(first.take()).toEqual({ tookMs: 5, lagMs: 9 })
    bus.emit('round.finished', { flushedAtMs: 0, tookMs: 2, lagMs: 3 })
    expect([first.take(), second.take()]).toEqual([
      { tookMs: 2, lagMs: 3 },
      { tookMs: 5, lagMs: 9 },
    ])
  })

  it('has one handler of each event', () => {
    const handled: string[] = []
    const recording = new (class extends EventBus {
      override on(event: Parameters<EventBus['on']>[0]): () => void {
        handled.push(event)
        return () => undefined
      }
    })(() => undefined)
    nodeCounters(recording)
    expect(handled.length).toBeGreaterThan(0)
    expect(new Set(handled).size).toBe(handled.length)
  })
})
