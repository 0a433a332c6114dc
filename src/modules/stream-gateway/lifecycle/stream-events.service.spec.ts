import { Logger } from '@nestjs/common'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aHub } from '../../../../test/support/fakes/a-hub.js'
import { configOf } from '../../../../test/support/fakes/config-of.js'
import { StreamEventsService } from './stream-events.service.js'

const turn = () => vi.advanceTimersToNextTimer()

describe('StreamEventsService', () => {
  const debug = vi.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined)

  beforeEach(() => {
    vi.useFakeTimers()
    debug.mockClear()
  })
  afterEach(() => void vi.useRealTimers())

  function announcing(env: Record<string, string> = {}) {
    const world = aHub()
    const service = new StreamEventsService(configOf(env), world.bus, world.hub)
    service.onModuleInit()
    return { ...world, service }
  }

  it('announces what opens and closes in order, at the end of the turn, and what that leads to in the next one', () => {
    const { bus, open } = announcing()
    const told: string[] = []
    bus.on('subscriber.opened', ({ namespaces }) => told.push(`${namespaces.join()} opened`))
    bus.on('subscriber.closed', ({ namespaces, reason }) => {
      told.push(`${namespaces.join()} closed: ${reason}`)
      if (namespaces.includes('eps')) open(['details']).subscriber.close('slow')
    })
    const first = open(['eps'])
    first.subscriber.close('client')
    open(['raw'])
    expect(told).toEqual([])
    turn()
    expect(told).toEqual(['eps opened', 'eps closed: client', 'raw opened'])
    turn()
    expect(told.slice(3)).toEqual(['details opened', 'details closed: slow'])
  })

  it('announces the namespaces, the ones with a queue, the reason and the time', () => {
    const { bus, open } = announcing()
    const events: object[] = []
    bus.on('subscriber.opened', (event) => events.push(event))
    bus.on('subscriber.closed', (event) => events.push(event))
    const { subscriber } = open(['eps', 'raw'])
    turn()
    vi.advanceTimersByTime(100)
    subscriber.close('cleanup')
    turn()
    const kind = { namespaces: ['eps', 'raw'], queued: ['raw'] }
    expect(events).toEqual([kind, { ...kind, reason: 'cleanup', openMs: 100 }])
  })

  it.each(['debug', 'trace'])('makes a line of each stream, HEAD and cleanup at the level %s', (level) => {
    const { open, service } = announcing({ LOG_LEVEL: level })
    const { subscriber } = open(['eps'], { clientIp: '192.0.2.1' })
    subscriber.send(Buffer.from('x'), 3, 0)
    vi.advanceTimersByTime(1500)
    subscriber.close('client')
    service.onHead(subscriber.request)
    service.onCleanup('/subscribe/cleanup/scores', '192.0.2.1', 2)
    const fields = { path: '/subscribe/eps', client: '192.0.2.1', agent: 'test' }
    expect(debug.mock.calls).toEqual([
      [{ msg: 'stream opened', ...fields, namespaces: ['eps'] }],
      [{ msg: 'stream closed', ...fields, reason: 'client', seconds: 1.5, frames: 3 }],
      [{ msg: 'HEAD of a stream', ...fields }],
      [{ msg: 'cleanup', path: '/subscribe/cleanup/scores', client: '192.0.2.1', closed: 2 }],
    ])
  })

  it('makes no line at any other level', () => {
    const { open, service } = announcing({ LOG_LEVEL: 'info' })
    const { subscriber } = open()
    subscriber.close('client')
    service.onHead(subscriber.request)
    service.onCleanup('/', '', 0)
    expect(debug).not.toHaveBeenCalled()
  })
})
