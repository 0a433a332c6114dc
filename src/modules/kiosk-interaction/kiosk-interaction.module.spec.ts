import { expect, it } from 'vitest'
import { EventBus } from '../../common/event-bus/event-bus.js'
import type { Namespaces } from '../../common/plugin-api/namespaces.js'
import { KioskInteractionService } from './kiosk-interaction.module.js'

it('registers a queue, and puts each message into it under the whole name of its channel', () => {
  const published: unknown[] = []
  const register = (policy: string) => (name: string) => ({
    add: (...message: unknown[]) => void published.push([policy, name, ...message]),
    publish: (...message: unknown[]) => void published.push([policy, name, ...message]),
  })
  const namespaces: Namespaces = { increments: register('increments'), latest: register('latest'), queue: register('queue') }
  const bus = new EventBus(() => undefined)
  new KioskInteractionService(bus, namespaces).onModuleInit()

  const data = Buffer.from('{}')
  bus.emit('interaction.received', { channel: 'stream.interaction.request', data })

  expect(published).toEqual([['queue', 'kiosk_interaction', data, 'stream.interaction.request']])
})
