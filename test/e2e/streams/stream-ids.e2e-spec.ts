import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { LiveStack } from '../../support/servers/live-stack.js'
import { afterOpening } from '../../support/wire/opening.js'

let stack: LiveStack

beforeAll(async () => {
  stack = await LiveStack.start()
})
afterEach(() => stack.closeClients())
afterAll(() => stack.stop())

it.each([
  ['%2525', '%25'],
  ['%25', '%'],
  ['a%2Fb', 'a/b'],
  ['%C3%A9%F0%9F%98%82', 'é😂'],
  ['a.b', 'a.b'],
  ['a%20b', 'a b'],
  ['a+b', 'a+b'],
  ['a%3Fb%23c', 'a?b#c'],
  ['x'.repeat(128), 'x'.repeat(128)],
  ['%C3%A9'.repeat(64), 'é'.repeat(64)],
])('decodes the id of /subscribe/details/%s once', async (encoded, id) => {
  const client = await stack.open(`/subscribe/details/${encoded}`)

  await stack.feeder.publish(`stream.tweet_updates.${id}`, '1')
  await client.until('the frame', ({ frames }) => frames > 0)

  expect(afterOpening(client.body)).toBe(`event:stream.tweet_updates.${id}\ndata:1\n\n`)
})

it.each([
  ['NUL', '%00', 400],
  ['a line break', 'a%0d%0aevent:x', 400],
  ['an escape', '%1b', 400],
  ['DEL', '%7f', 400],
  ['a C1 control', '%C2%85', 400],
  ['half a character', '%E0%A4%A', 400],
  ['bytes that are not UTF-8', '%FF', 400],
  ['an encoded surrogate', '%ED%A0%80', 400],
  ['129 bytes', 'x'.repeat(129), 400],
  ['129 bytes of two each', `${'%C3%A9'.repeat(64)}x`, 400],
  ['a long path', 'x'.repeat(8000), 400],
  ['nothing', '', 404],
  ['two segments', 'a/b', 404],
])('refuses an id of %s', async (_, encoded, status) => {
  const answer = await stack.request(`/subscribe/details/${encoded}`)

  expect(answer.head?.status).toBe(status)
})
