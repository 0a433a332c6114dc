import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LiveStack } from '../../support/servers/live-stack.js'
import { connectionsTotal, untilConnections } from '../../support/servers/probes.js'
import { afterOpening } from '../../support/wire/opening.js'

describe('streams', () => {
  let stack: LiveStack

  beforeAll(async () => {
    stack = await LiveStack.start()
  })
  afterEach(() => stack.closeClients())
  afterAll(() => stack.stop())

  it.each(['eps', 'raw', 'details', 'details/2665'])('greets on %s at once, with nothing published', async (namespace) => {
    const client = await stack.open(`/subscribe/${namespace}`)

    expect(afterOpening(client.body)).toBe('')
  })

  it('sends each score update as one frame on raw, in order, and nothing else', async () => {
    const client = await stack.open('/subscribe/raw')

    for (const id of ['1F602', '1F1EA-1F1F8', '1F602']) await stack.feeder.update(id)
    await client.until('three frames', ({ frames }) => frames === 3)

    expect(afterOpening(client.body)).toBe(`data:1F602\n\ndata:1F1EA-1F1F8\n\ndata:1F602\n\n`)
  })

  it('sends sums of increments on eps, nothing else, and nothing while nothing changes', async () => {
    const client = await stack.open('/subscribe/eps')

    await Promise.all(['E1', 'E2', 'E1'].map((id) => stack.feeder.update(id)))
    await client.until('the updates', ({ counts }) => counts.get('E1') === 2 && counts.get('E2') === 1)

    expect(client.body).toMatch(/^:ok\n\nretry:\d+\n\n(?:data:\{"[\w-]+":\d(?:,"[\w-]+":\d)*\}\n\n)+$/)
    const frames = client.frames
    // Details keep the server busy meanwhile, and are no reason for an eps frame.
    const details = await stack.open('/subscribe/details')
    for (let n = 0; n < 100; n++) await stack.feeder.publish('stream.tweet_updates.E1', '{}')
    await details.until('the details', (answer) => answer.frames === 100)
    await stack.feeder.update('E3')
    await client.until('the next update', ({ counts }) => counts.has('E3'))
    expect(client.frames).toBe(frames + 1)
  })

  it('sends the details of one id as published, named after their channel', async () => {
    const client = await stack.open('/subscribe/details/2665')

    await stack.feeder.publish('stream.tweet_updates.2665', '{"id":"1","text":"a ♥"}')
    await stack.feeder.publish('stream.tweet_updates.2665', '{ "id" : "2" }')
    await client.until('two frames', ({ frames }) => frames === 2)

    expect(afterOpening(client.body)).toBe(
      `event:stream.tweet_updates.2665\ndata:{"id":"1","text":"a ♥"}\n\n` + `event:stream.tweet_updates.2665\ndata:{ "id" : "2" }\n\n`,
    )
  })

  it('keeps the details of other ids away, also of those that begin alike or differ in case', async () => {
    const client = await stack.open('/subscribe/details/26')
    const lower = await stack.open('/subscribe/details/1f602')

    for (const id of ['2665', '2', '26-FE0F', '26.5', '1F602']) await stack.feeder.publish(`stream.tweet_updates.${id}`, '"other"')
    await stack.feeder.publish('stream.tweet_updates.26', '"own"')
    await stack.feeder.publish('stream.tweet_updates.1f602', '"own"')
    await client.until('its frame', ({ frames }) => frames > 0)
    await lower.until('its frame', ({ frames }) => frames > 0)

    expect(client.messages().map(({ data }) => data)).toEqual(['"own"'])
    expect(lower.messages().map(({ data }) => data)).toEqual(['"own"'])
  })

  it('sends the details of every id on the parent namespace, in order', async () => {
    const client = await stack.open('/subscribe/details')

    for (const id of ['26', '2665', '1F1EA-1F1F8']) await stack.feeder.publish(`stream.tweet_updates.${id}`, `"${id}"`)
    await client.until('three frames', ({ frames }) => frames === 3)

    expect(afterOpening(client.body)).toBe(
      `${['26', '2665', '1F1EA-1F1F8'].map((id) => `event:stream.tweet_updates.${id}\ndata:"${id}"\n\n`).join('')}`,
    )
  })

  it('gives every subscriber of a stream the same frames', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => stack.open('/subscribe/details/SAME')))

    for (let n = 0; n < 50; n++) await stack.feeder.publish('stream.tweet_updates.SAME', String(n))
    const numbers = Array.from({ length: 50 }, (_, n) => String(n))

    for (const client of clients) {
      await client.until('50 frames', ({ frames }) => frames === 50)
      expect(client.messages().map(({ data }) => data)).toEqual(numbers)
    }
  })

  it.each(['eps', 'raw', 'details', 'details/2665'])(
    'answers HEAD of %s like GET, without a body and without a subscriber',
    async (namespace) => {
      await untilConnections(stack.server, 0)
      const head = await stack.answer(`/subscribe/${namespace}`, { method: 'HEAD' })

      expect(await head.ended).toEqual({ clean: true })
      expect(await connectionsTotal(stack.server)).toBe(0)
      const get = await stack.open(`/subscribe/${namespace}`)
      const comparable = ({ head: answer }: typeof get) =>
        answer?.headerLines
          .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
          .filter((line) => !/^(date|transfer-encoding):/.test(line))
      expect(head.head?.status).toBe(get.head?.status)
      expect(comparable(head)?.sort()).toEqual(comparable(get)?.sort())
    },
  )
})

describe('streams that are switched on or off', () => {
  it('serves the kiosk with its flag, its frames named after their channels', async () => {
    const stack = await LiveStack.start({ ENABLE_KIOSK_INTERACTION_STREAM: 'true' })
    try {
      const client = await stack.open('/subscribe/kiosk_interaction')
      await stack.feeder.update('2665')
      await stack.feeder.publish('stream.interaction.request', '{"char":"❤","requester":"me"}')
      await stack.feeder.publish('stream.interaction.a.b', 'x')
      await client.until('two frames', ({ frames }) => frames === 2)

      expect(afterOpening(client.body)).toBe(
        `event:stream.interaction.request\ndata:{"char":"❤","requester":"me"}\n\nevent:stream.interaction.a.b\ndata:x\n\n`,
      )
    } finally {
      await stack.stop()
    }
  })

  it('answers 404 for the kiosk without its flag and for raw when that is off, alone and multiplexed 400', async () => {
    const stack = await LiveStack.start({ ENABLE_RAW_STREAM: 'false' })
    try {
      for (const name of ['kiosk_interaction', 'raw']) {
        expect((await stack.answer(`/subscribe/${name}`)).head?.status).toBe(404)
        expect((await stack.answer(`/subscribe/${name}`, { method: 'HEAD' })).head?.status).toBe(404)
        expect((await stack.answer(`/subscribe?stream=eps&stream=${name}`)).head?.status).toBe(400)
      }
      expect((await stack.open('/subscribe/eps')).head?.status).toBe(200)
    } finally {
      await stack.stop()
    }
  })
})
