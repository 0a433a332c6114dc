import { expect, it } from 'vitest'
import { carries } from './carries.js'

it.each([
  ['eps', ['eps']],
  ['raw', ['raw']],
  ['stream.tweet_updates.2665', ['details', 'details/2665']],
  ['stream.tweet_updates.a/b.c', ['details', 'details/a/b.c']],
  ['stream.interaction.request', ['kiosk_interaction']],
  ['trending', ['trending']],
  ['orders.created', ['orders']],
  ['message', []],
])('a frame with the event name %s belongs to %j', (event, namespaces) => {
  const all = [
    'eps',
    'raw',
    'details',
    'details/2665',
    'details/26',
    'details/a/b.c',
    'kiosk_interaction',
    'trending',
    'orders',
    'order',
    'stream',
  ]
  expect(all.filter((namespace) => carries(namespace, event))).toEqual(namespaces)
})
