import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { LiveStack } from '../../support/servers/live-stack.js'
import { afterOpening } from '../../support/wire/opening.js'

let stack: LiveStack

beforeAll(async () => {
  stack = await LiveStack.start()
})
afterEach(() => stack.closeClients())
afterAll(() => stack.stop())

/** The path of a multiplexed request. */
const several = (...namespaces: string[]) => `/subscribe?${namespaces.map((namespace) => `stream=${namespace}`).join('&')}`

/** `count` different names of details, all served. */
const manyDetails = (count: number) => Array.from({ length: count }, (_, n) => `details/M${n}`)

it('carries eps, details and raw on one connection, distinguished by their event names', async () => {
  const client = await stack.open(several('eps', 'details/2665', 'raw'))

  await stack.feeder.update('2665', '{"n":1}')
  await stack.feeder.update('1F602', '{"n":2}')
  await client.until(
    'raw, details and sums',
    ({ body, counts }) => counts.has('1F602') && body.includes('{"n":1}') && body.includes('raw\ndata:1F602'),
  )

  const frames = client.messages()
  expect(frames.filter(({ event }) => event === 'raw').map(({ data }) => data)).toEqual(['2665', '1F602'])
  expect(frames.filter(({ event }) => event?.startsWith('stream.'))).toMatchObject([
    { event: 'stream.tweet_updates.2665', data: '{"n":1}' },
  ])
  expect(frames.filter(({ event }) => event === undefined)).toEqual([])
  expect(client.counts.get('2665')).toBe(1)
  expect(client.body).toMatch(/^:ok\n\nretry:\d+\n\n(?:event:[\w.]+\ndata:[^\n]+\n\n)+$/)
})

it('names eps and raw frames even where they are the only stream', async () => {
  const eps = await stack.open(several('eps'))
  const raw = await stack.open(several('raw'))

  await stack.feeder.update('ONLY')
  await eps.until('the increment', ({ counts }) => counts.has('ONLY'))
  await raw.until('the update', ({ frames }) => frames > 0)

  expect(eps.body).toMatch(/^:ok\n\nretry:\d+\n\n(?:event:eps\ndata:\{[^\n]+\}\n\n)+$/)
  expect(afterOpening(raw.body)).toBe(`event:raw\ndata:ONLY\n\n`)
})

it('sends a frame once where two of its namespaces match', async () => {
  const client = await stack.open(several('details', 'details/TWICE', 'details/OTHER'))

  for (const [id, data] of [
    ['TWICE', '1'],
    ['ELSE', '2'],
    ['TWICE', '3'],
    ['OTHER', '4'],
  ]) {
    await stack.feeder.publish(`stream.tweet_updates.${id}`, data ?? '')
  }
  await client.until('the last', ({ body }) => body.includes('data:4'))

  expect(client.messages().map(({ data }) => data)).toEqual(['1', '2', '3', '4'])
})

it('keeps the order in which details of several ids were published, also when they come at once', async () => {
  const client = await stack.open(several('details/B', 'details/A', 'details/C'))
  const numbers = Array.from({ length: 300 }, (_, n) => String(n))

  await Promise.all(numbers.map((n) => stack.feeder.publish(`stream.tweet_updates.${'ABC'[Number(n) % 3]}`, n)))
  await client.until('all of them', ({ frames }) => frames === numbers.length)

  expect(client.messages().map(({ data }) => data)).toEqual(numbers)
})

it('takes a name that is given twice as one', async () => {
  const client = await stack.open(several('raw', 'raw', 'raw'))

  await stack.feeder.update('DUP1')
  await stack.feeder.update('DUP2')
  await client.until('the last', ({ body }) => body.includes('DUP2'))

  expect(afterOpening(client.body)).toBe(`event:raw\ndata:DUP1\n\nevent:raw\ndata:DUP2\n\n`)
})

it('ignores query parameters that it does not know, also on a single stream', async () => {
  const client = await stack.open('/subscribe?x=1&stream=raw&cachebuster=99&stream[]=nope&streams=nope')
  const single = await stack.open('/subscribe/raw?stream=details&_=123&a')

  await stack.feeder.update('UNKNOWN')
  await client.until('the update', ({ frames }) => frames > 0)
  await single.until('the update', ({ frames }) => frames > 0)

  expect(afterOpening(client.body)).toBe(`event:raw\ndata:UNKNOWN\n\n`)
  expect(afterOpening(single.body)).toBe(`data:UNKNOWN\n\n`)
})

it.each([
  ['%2525', '%25'],
  ['a%2Fb', 'a/b'],
  ['a/b', 'a/b'],
  ['%C3%A9', 'é'],
  ['a%26stream%3Draw', 'a&stream=raw'],
])('decodes the id of details/%s once', async (encoded, id) => {
  const client = await stack.open(several(`details/${encoded}`))

  await stack.feeder.publish(`stream.tweet_updates.${id}`, '1')
  await client.until('the frame', ({ frames }) => frames > 0)

  expect(client.messages()).toMatchObject([{ event: `stream.tweet_updates.${id}`, data: '1' }])
})

it.each(['/subscribe', '/subscribe?', '/subscribe?streams=eps'])(
  'answers %s, which names no stream, with 400 and the choices',
  async (path) => {
    const { head, body } = await stack.answer(path)

    expect(head?.status).toBe(400)
    for (const choice of ['eps', 'raw', 'details']) expect(body).toContain(choice)
  },
)

it.each([
  ['an unknown name', several('eps', 'nope')],
  ['an empty name', several('eps', '')],
  ['a name with a slash in front', several('/eps')],
  ['a name in another case', several('EPS')],
  ['details of nothing', several('details/')],
  ['an id with a line break', several('details/a%0Aevent:x')],
  ['an id that is too long', several(`details/${'x'.repeat(129)}`)],
  ['an id that is not percent-encoded', several('details/%E0%A4%A')],
  ['an id that is not UTF-8', several('details/%FF')],
  ['65 streams', several(...manyDetails(65))],
])('refuses %s with 400 and opens no stream', async (_, path) => {
  const answer = await stack.request(path)

  expect(answer.head?.status).toBe(400)
  expect(answer.head?.headers.get('content-type')).toBe('application/json; charset=utf-8')
})

it('names those that it refuses, and they alone', async () => {
  const { body } = await stack.answer(several('eps', 'nope', 'details/2665', 'details/'))
  expect(JSON.parse(body)).toMatchObject({ statusCode: 400, error: 'Bad Request', refused: ['nope', 'details/'] })
})

it('takes 64 streams on one connection', async () => {
  const client = await stack.open(several(...manyDetails(64)))

  for (const n of [0, 63]) await stack.feeder.publish(`stream.tweet_updates.M${n}`, String(n))
  await client.until('both ends of the list', ({ frames }) => frames === 2)

  expect(client.messages().map(({ data }) => data)).toEqual(['0', '63'])
})
