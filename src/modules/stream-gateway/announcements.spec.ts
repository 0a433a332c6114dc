import { expect, it } from 'vitest'
import { EventBus } from '../../common/event-bus/event-bus.js'
import { Announcements } from './announcements.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('tells of what opens and closes in order, at the end of the turn, and of what that leads to in the next one', async () => {
  const told: string[] = []
  const bus = new EventBus((_event, error) => {
    throw error
  })
  const announcements = new Announcements(bus)
  bus.on('subscriber.opened', ({ namespaces }) => told.push(`${namespaces} opened`))
  bus.on('subscriber.closed', ({ namespaces }) => {
    told.push(`${namespaces} closed`)
    if (namespaces.includes('a')) announcements.closed({ namespaces: ['c'], queued: [], reason: 'slow', openMs: 0 })
  })

  announcements.opened({ namespaces: ['a'], queued: [] })
  announcements.closed({ namespaces: ['a'], queued: [], reason: 'client', openMs: 0 })
  announcements.opened({ namespaces: ['b'], queued: [] })
  expect(told).toEqual([])

  await turn()
  expect(told).toEqual(['a opened', 'a closed', 'b opened'])
  await turn()
  expect(told.slice(3)).toEqual(['c closed'])
})
