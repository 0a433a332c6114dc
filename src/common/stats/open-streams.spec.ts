import { describe, expect, it } from 'vitest'
import { EventBus } from '../event-bus/event-bus.js'
import { OpenStreams } from './open-streams.js'

const NONE = { raw: 0, eps: 0, details: 0, kiosk_interaction: 0, trending: 0, ['__proto__']: 0 }

describe('OpenStreams', () => {
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
  ])('counts %j once in each kind that it holds, until it is closed', (namespaces, counts) => {
    const bus = new EventBus(() => undefined)
    const streams = new OpenStreams()
    streams.listen(bus, ['trending', '__proto__'])
    bus.emit('subscriber.opened', { namespaces, queued: [] })
    expect(streams.counts).toEqual({ ...NONE, ...counts })
    bus.emit('subscriber.closed', { namespaces, queued: [], reason: 'client', openMs: 1 })
    expect(streams.counts).toEqual(NONE)
  })
})
