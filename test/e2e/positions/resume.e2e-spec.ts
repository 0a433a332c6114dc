import { describe, expect, it } from 'vitest'
import { EventSourceClient } from '../../support/clients/event-source-client.js'
import { RawClient } from '../../support/clients/raw-client.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { addScores, sum } from '../../support/redis/score-counts.js'
import type { LiveStack } from '../../support/servers/live-stack.js'
import { sharedStack } from '../../support/servers/shared.js'
import { lastIdOf, positionsOf, untilShared } from '../../support/servers/shared-positions.js'
import { eventually } from '../../support/waiting/eventually.js'

/** The streams of one test of many. */
const STREAMS = 200
/** How many streams an address may have. */
const PLACES = 210
const ELSEWHERE = '127.0.0.2'
/** More ids than the snapshot of one write has. */
const MANY_IDS = 3000

const aStack = sharedStack({ RETRY_MS: '100', MAX_CONNECTIONS_PER_IP: `${PLACES}` })

async function aSharedStack(): Promise<LiveStack> {
  const stack = await aStack()
  await untilShared(stack)
  return stack
}

/** The scores that a snapshot and the increments after it make together. */
function scoresBy(client: RawClient): ReadonlyMap<string, number> {
  const scores = new Map<string, number>()
  const snapshot = client.messages().find(({ event }) => event === 'snapshot')
  if (snapshot !== undefined) addScores(scores, snapshot.data)
  for (const [id, count] of client.counts) scores.set(id, (scores.get(id) ?? 0) + count)
  return scores
}

const connectionsIn = (status: unknown): readonly unknown[] =>
  typeof status === 'object' && status !== null && 'connections' in status && Array.isArray(status.connections) ? status.connections : []

const eventsOf = (client: RawClient) => client.messages().map(({ event, data }) => (event === undefined ? data : `${event} ${data}`))

describe('a stream with resume=1', () => {
  it('says its id before anything else, and each frame begins with one', async () => {
    const stack = await aSharedStack()
    const client = await stack.open('/subscribe/eps?resume=1')
    const { epoch, position } = await positionsOf(stack)
    await stack.feeder.update('1F602')
    await client.until('it has the update', ({ counts }) => counts.get('1F602') === 1)
    const id = (at: number) => `${epoch}-${at.toString(36)}`
    expect(client.body).toMatch(/^:ok\n\nretry:\d+\n\n/)
    expect(client.body.replace(/^:ok\n\nretry:\d+\n\n/, '')).toBe(`id:${id(position)}\n\nid:${id(position + 1)}\ndata:{"1F602":1}\n\n`)
  })

  it.each(['header', 'query'])('continues with one frame after the id of a %s', async (way) => {
    const stack = await aSharedStack()
    const first = await stack.open('/subscribe/eps?resume=1')
    await stack.feeder.update('A')
    await first.until('it has the update', ({ counts }) => counts.get('A') === 1)
    const id = lastIdOf(first)
    first.close()
    for (const update of ['A', 'B', 'A']) await stack.feeder.update(update)

    const second =
      way === 'header'
        ? await stack.open('/subscribe/eps?last_event_id=other-1', { headers: { 'last-event-id': id } })
        : await stack.open(`/subscribe/eps?last_event_id=${id}`)
    await second.until('it has the sum', ({ counts }) => sum(counts) === 3)
    expect(second.counts).toEqual(new Map(Object.entries({ A: 2, B: 1 })))
    expect(second.frames).toBe(1)
    expect(
      second
        .blocks()
        .map((block) => block.id)
        .slice(0, 3),
    ).toEqual([undefined, undefined, id])
    await stack.feeder.update('C')
    await second.until('it has the update', ({ counts }) => counts.get('C') === 1)
  })

  it('has every update once over many hops, while updates flow', async () => {
    const stack = await aSharedStack()
    const totals = new Map<string, number>()
    const take = (client: RawClient) => {
      for (const [id, count] of client.counts) totals.set(id, (totals.get(id) ?? 0) + count)
    }
    let client = await stack.open('/subscribe/eps?resume=1')
    const published = await stack.feeder.runDuring(500, async () => {
      for (let hop = 0; hop < 20; hop++) {
        const { frames } = client
        await client.until('it has two frames more', (each) => each.frames >= frames + 2)
        take(client)
        const id = lastIdOf(client)
        client.close()
        client = await stack.open('/subscribe/eps', { headers: { 'last-event-id': id } })
      }
    })
    const before = sum(totals)
    await client.until('it has all', ({ counts }) => before + sum(counts) >= sum(published))
    take(client)
    expect(totals).toEqual(published)
  })

  it('is not lost by an EventSource that loses its connections, whose ids are its own', async () => {
    const stack = await aSharedStack()
    const source = new EventSourceClient(`${stack.server.url}/subscribe/eps?resume=1`)
    try {
      await source.opened
      const running = stack.feeder.run({ perSecond: 300, seconds: 3 })
      for (let round = 0; round < 2; round++) {
        const { opens } = source
        await eventually('it has received some', () => source.frames > 20 * (round + 1))
        await fetch(`${stack.server.url}/subscribe/cleanup/scores`, { method: 'POST' })
        await eventually('it is back', () => source.opens > opens)
      }
      const published = await running
      await eventually('it has all', () => sum(source.counts) >= sum(published))
      expect(source.counts).toEqual(published)
    } finally {
      source.close()
    }
  })
})

describe('an id that is of no use', () => {
  it('is no error, but a reset, malformed or of other data, in the query and in the header', async () => {
    const stack = await aSharedStack()
    const ids = [
      ['malformed', 'query', '%0D%0A%00'],
      ['malformed', 'query', 'x'.repeat(10_000)],
      ['malformed', 'query', '%FF'],
      ['malformed', 'query', 'abcdefgh-1%0Adata:forged'],
      ['malformed', 'header', 'x'.repeat(10_000)],
      ['malformed', 'header', 'abcdefgh-1, abcdefgh-2'],
      ['malformed', 'header', 'abcdefgh-\u00e9'],
      ['unknown', 'query', 'abcdefgh-1'],
      ['unknown', 'header', 'abcdefgh-1_2_3.4'],
    ] as const
    for (const [reason, way, id] of ids) {
      const client =
        way === 'header'
          ? await stack.open('/subscribe/eps', { headers: { 'last-event-id': id } })
          : await stack.open(`/subscribe/eps?last_event_id=${id}`)
      expect(client.head?.status).toBe(200)
      await client.until('it says so', ({ frames }) => frames === 1)
      expect(eventsOf(client)).toEqual([`reset {"reason":"${reason}"}`])
      await stack.feeder.update('1F602')
      await client.until('it goes on', ({ counts }) => counts.get('1F602') === 1)
    }
  })

  it('is a reset with a snapshot behind it, where that is asked for', async () => {
    const stack = await aSharedStack()
    const { epoch } = await positionsOf(stack)
    const client = await stack.open(`/subscribe/eps?snapshot=1&last_event_id=${epoch}-zzzz`)
    await client.until('it has a snapshot', ({ frames }) => frames === 2)
    const [, , start, ...others] = client.blocks().map(({ id }) => id)
    expect(start).toBeDefined()
    expect(others).toEqual([start, start])
    expect(eventsOf(client)[0]).toBe('reset {"reason":"ahead"}')
    expect(client.messages()[1]?.event).toBe('snapshot')
    expect(scoresBy(client)).toEqual(await scoresOf(stack.redis.url))
  })

  it('waits for a moment where this node is behind another one', async () => {
    const stack = await aSharedStack()
    const { epoch, position } = await positionsOf(stack)
    const request = stack.open(`/subscribe/eps?last_event_id=${epoch}-${(position + 1).toString(36)}`)
    for (const update of ['A', 'B']) await stack.feeder.update(update)
    const client = await request
    await client.until('it has what comes after its id', ({ counts }) => counts.size > 0)
    expect(eventsOf(client)).toEqual(['{"B":1}'])
  })

  it('is forgotten with its client, whose place another one can take', async () => {
    const stack = await aSharedStack()
    const { epoch } = await positionsOf(stack)
    const path = `/subscribe/eps?last_event_id=${epoch}-zzzz`
    const waiting = Array.from({ length: PLACES }, () => RawClient.connect(stack.server.port, { path, localAddress: ELSEWHERE }))
    const clients = await Promise.all(waiting)
    expect((await stack.answer('/subscribe/eps', { localAddress: ELSEWHERE })).head?.status).toBe(429)
    for (const client of clients) client.close()
    await eventually('there is a place', async () => {
      const { head } = await stack.request('/subscribe/eps', { localAddress: ELSEWHERE })
      return head?.status === 200
    })
  })
})

describe('an option', () => {
  it('that is bad is refused by name, whatever the id', async () => {
    const stack = await aStack()
    const paths = [
      ['/subscribe/eps?resume=2', 'resume must be 1, or left out'],
      ['/subscribe/eps?snapshot=', 'snapshot must be 1, or left out'],
      ['/subscribe/eps?totals=true', 'totals must be 1, or left out'],
      ['/subscribe/eps?rate=0', 'rate must be a whole number from 1 to 60, or left out'],
      ['/subscribe/raw?snapshot=1', 'snapshot is for streams with eps: leave it out, or ask for eps as well'],
      ['/subscribe/details/2665?totals=1', 'totals is for streams with eps: leave it out, or ask for eps as well'],
      ['/subscribe?stream=raw&stream=details&rate=5', 'rate is for streams with eps: leave it out, or ask for eps as well'],
    ] as const
    for (const [path, message] of paths) {
      const headers = { 'last-event-id': '?' }
      const { head, body } = await stack.answer(path, { headers })
      expect(head?.status).toBe(400)
      expect(JSON.parse(body)).toEqual({ statusCode: 400, error: 'Bad Request', message })
      expect((await stack.answer(path, { method: 'HEAD', headers })).head?.status).toBe(400)
    }
  })

  it('leaves HEAD, the status document, tokens and cleanup as they are', async () => {
    const stack = await aSharedStack()
    const query = 'resume=1&totals=1&token=1'
    const { head, body } = await stack.answer(`/subscribe/eps?${query}`, { method: 'HEAD' })
    expect([head?.status, body]).toEqual([200, ''])

    const client = await stack.open(`/subscribe/eps?${query}`)
    await client.until('it has a snapshot', ({ frames }) => frames === 2)
    const [token, snapshot] = client.messages()
    expect([token?.event, snapshot?.event]).toEqual(['token', 'snapshot'])
    const connection = await eventually('the status document lists it', async () => {
      const status: unknown = await (await fetch(`${stack.server.url}/admin/status.json`)).json()
      return connectionsIn(status)[0]
    })
    expect(connection).toMatchObject({ request_path: '/subscribe/eps', namespace: '/eps', msgs_sent: 2 })
    const cleanup = await fetch(`${stack.server.url}/subscribe/cleanup/scores?token=${token?.data}`, { method: 'POST' })
    expect(await cleanup.json()).toEqual({ status: 'OK', closed: 1 })
    await client.ended
  })
})

describe('a snapshot', () => {
  it(`and the increments after it are the scores in Redis, for ${STREAMS} streams that open while updates flow`, async () => {
    const stack = await aSharedStack()
    const clients: RawClient[] = []
    await stack.feeder.runDuring(500, async () => {
      for (let n = 0; n < STREAMS; n++) clients.push(await stack.open(`/subscribe/eps?snapshot=1${n % 2 === 0 ? '&resume=1' : ''}`))
    })
    const scores = await scoresOf(stack.redis.url)
    const total = sum(scores)
    for (const client of clients) {
      await client.until('it has all', () => sum(scoresBy(client)) >= total)
      expect(scoresBy(client)).toEqual(scores)
    }
    expect(clients.filter((client) => client.counts.size > 0).length).toBeGreaterThan(STREAMS / 2)
  })

  it('of /snapshot.json has an id from which streams continue', async () => {
    const stack = await aSharedStack()
    const running = stack.feeder.run({ perSecond: 500, seconds: 1 })
    const clients: { readonly scores: Map<string, number>; readonly client: RawClient }[] = []
    for (let n = 0; n < 10; n++) {
      await stack.feeder.update('A')
      const { id, exact, scores } = JSON.parse(await (await fetch(`${stack.server.url}/snapshot.json`)).text())
      expect(exact).toBe(true)
      const client = await stack.open(`/subscribe/eps?last_event_id=${id}`)
      clients.push({ scores: new Map(Object.entries<number>(scores)), client })
    }
    await running
    const inRedis = await scoresOf(stack.redis.url)
    for (const { scores, client } of clients) {
      const missing = sum(inRedis) - sum(scores)
      await client.until('it has all', ({ counts }) => sum(counts) >= missing)
      for (const [id, count] of client.counts) scores.set(id, (scores.get(id) ?? 0) + count)
      expect(scores).toEqual(inRedis)
      expect(client.messages().every(({ event }) => event === undefined)).toBe(true)
    }
  })

  it('comes on a multiplexed stream too, where all namespaces begin with it', async () => {
    const stack = await aSharedStack()
    const client = await stack.open('/subscribe?stream=details/A&stream=raw&stream=eps&snapshot=1&resume=1')
    await stack.feeder.update('A', '"post"')
    await client.until('it has all', ({ frames }) => frames === 4)
    const events = client.messages().map(({ event }) => event)
    expect(events[0]).toBe('snapshot')
    expect(events.slice(1).sort()).toEqual(['eps', 'raw', 'stream.tweet_updates.A'])
    expect(scoresBy(client)).toEqual(await scoresOf(stack.redis.url))
  })

  it('is followed by totals in place of increments with totals=1', async () => {
    const stack = await aSharedStack()
    const clients = [await stack.open('/subscribe/eps?totals=1'), await stack.open('/subscribe?stream=eps&totals=1')]
    await stack.feeder.run({ perSecond: 500, seconds: 0.5 })
    const scores = await scoresOf(stack.redis.url)
    for (const client of clients) {
      const latest = () => {
        const totals = new Map<string, number>()
        for (const { data } of client.messages()) for (const [id, total] of Object.entries<number>(JSON.parse(data))) totals.set(id, total)
        return totals
      }
      await client.until('it has the last totals', () => sum(latest()) >= sum(scores))
      expect(latest()).toEqual(scores)
    }
    expect(clients.map((client) => client.messages().at(-1)?.event)).toEqual([undefined, 'eps'])
  })
})

describe('a large snapshot', () => {
  it('is whole, however slowly it is read', async () => {
    const stack = await aSharedStack()
    const ids = Array.from({ length: MANY_IDS }, (_, n) => `${n}`.padStart(40, 'x'))
    await Promise.all(ids.map((id) => stack.feeder.update(id)))
    const scores = await scoresOf(stack.redis.url)
    const total = sum(scores)
    const clients = [
      await stack.open('/subscribe/eps?snapshot=1&resume=1', { bytesPerSecond: 200_000 }),
      await stack.open('/subscribe/eps?snapshot=1', { httpVersion: '1.0' }),
    ]
    for (const client of clients) {
      await client.until('it has all', () => client.frames > 0 && sum(scoresBy(client)) >= total)
      expect(scoresBy(client)).toEqual(scores)
    }
  })
})

describe('streams of data that are replaced', () => {
  it('end with a time to wait where their clients keep ids or totals, and begin anew with a snapshot', async () => {
    const stack = await aSharedStack()
    const plain = await stack.open('/subscribe/eps')
    const clients = [await stack.open('/subscribe/eps?resume=1'), await stack.open('/subscribe/eps?snapshot=1')]
    const id = lastIdOf(clients[0] ?? plain)
    // It comes back empty.
    await stack.redis.restart()
    for (const client of clients) {
      await client.ended
      expect(client.body).toMatch(/\n\nretry:\d+\n\n$/)
    }
    await eventually('the node reads Redis again', async () => (await positionsOf(stack)).epoch !== id.split('-')[0])
    for (const update of ['A', 'A']) await stack.feeder.update(update)
    const again = await stack.open('/subscribe/eps?snapshot=1', { headers: { 'last-event-id': id } })
    await again.until('it begins anew', ({ frames }) => frames >= 2)
    expect(again.messages()[0]).toMatchObject({ event: 'reset', data: '{"reason":"unknown"}' })
    await again.until('it has all', () => scoresBy(again).get('A') === 2)
    expect(scoresBy(again)).toEqual(new Map([['A', 2]]))
    await plain.until('it goes on', ({ counts }) => counts.get('A') === 2)
    expect(plain.counts).toEqual(new Map([['A', 2]]))
  })
})
