import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { afterOpening } from '../../support/wire/opening.js'

let stack: LiveStack

beforeAll(async () => {
  stack = await LiveStack.start()
})
afterEach(() => stack.closeClients())
afterAll(() => stack.stop())

const several = (...namespaces: string[]) =>
  `/subscribe?${namespaces.map((namespace) => `stream=${encodeURIComponent(namespace)}`).join('&')}`

/** Publishes an update that every stream of eps gets, and waits until one of them has it: all that was published before is sent then. */
async function published(all: RawClient, id: string): Promise<void> {
  await stack.feeder.update(id)
  await all.until(`the update of ${id}`, ({ counts }) => counts.has(id))
}

/** The ids of the frames of eps, in order. */
const idsOf = (client: RawClient) =>
  client.messages().flatMap(({ event, data }) => (event?.startsWith('stream.') ? [] : Object.keys(JSON.parse(data))))

describe('/subscribe/eps/:id', () => {
  it('carries the increments of one id, as eps does, and nothing of any other', async () => {
    const [one, all] = [await stack.open('/subscribe/eps/2665'), await stack.open('/subscribe/eps')]

    for (const id of ['2665', '26', '2665-FE0F', '1F602', '2665', '2665']) await stack.feeder.update(id)
    await published(all, 'END1')
    await one.until('three increments', ({ counts }) => counts.get('2665') === 3)

    expect(one.body).toMatch(/^:ok\n\nretry:\d+\n\n(?:data:\{"2665":\d\}\n\n)+$/)
  })

  it.each([
    ['a%2Fb', 'a/b'],
    ['%C3%A9%F0%9F%98%82', 'é😂'],
    ['%22%5C', '"\\'],
    ['__proto__', '__proto__'],
    ['x'.repeat(128), 'x'.repeat(128)],
  ])('decodes the id %s once', async (encoded, id) => {
    const client = await stack.open(`/subscribe/eps/${encoded}`)

    await stack.feeder.update(id)
    await client.until('the frame', ({ frames }) => frames > 0)

    expect(afterOpening(client.body)).toBe(`data:${JSON.stringify({ [id]: 1 })}\n\n`)
  })

  it.each([
    ['a line break', 'a%0d%0aevent:x', 400],
    ['129 bytes', 'x'.repeat(129), 400],
    ['half a character', '%E0%A4%A', 400],
    ['nothing', '', 404],
    ['two segments', 'a/b', 404],
  ])('refuses an id of %s', async (_, encoded, status) => {
    expect((await stack.request(`/subscribe/eps/${encoded}`)).head?.status).toBe(status)
  })

  it('answers HEAD with the headers of a stream', async () => {
    const head = await stack.answer('/subscribe/eps/2665', { method: 'HEAD' })

    expect(head.head?.status).toBe(200)
    expect(head.head?.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  })

  it('is a stream of eps in reports and for cleanups', async () => {
    const kept = await stack.open('/subscribe/raw')
    const client = await stack.open('/subscribe/eps/STATUS')

    const status = JSON.parse((await stack.answer('/admin/status.json')).body)
    expect(status.connections).toContainEqual(
      expect.objectContaining({ request_path: '/subscribe/eps/STATUS', namespace: '/eps/STATUS', tag: null }),
    )
    const metrics = (await stack.answer('/metrics')).body
    expect(metrics).toContain('kind="eps"')
    expect(metrics).not.toContain('STATUS')

    const answer = await stack.answer('/subscribe/cleanup/scores', { method: 'POST' })
    expect(JSON.parse(answer.body)).toEqual({ status: 'OK', closed: 1 })
    await client.ended
    await stack.feeder.update('KEPT')
    await kept.until('its update', ({ frames }) => frames > 0)
  })
})

describe('several ids on one connection', () => {
  it('are one filter: one frame for a flush, with event:eps, and those ids only', async () => {
    const client = await stack.open(several('eps/A1', 'details/A1', 'eps/A2', 'eps/A1'))

    await stack.feeder.update('A1', '{"n":1}')
    await stack.feeder.update('other')
    await stack.feeder.update('A2')
    await client.until('both ids and the post', ({ body, counts }) => counts.has('A1') && counts.has('A2') && body.includes('{"n":1}'))

    expect(new Set(idsOf(client))).toEqual(new Set(['A1', 'A2']))
    expect(client.messages().map(({ event }) => event)).toEqual(expect.arrayContaining(['eps', 'stream.tweet_updates.A1']))
    expect(client.body).toMatch(/^:ok\n\nretry:\d+\n\n(?:event:[\w.]+\ndata:[^\n]+\n\n)+$/)
  })

  it('add nothing beside eps', async () => {
    const client = await stack.open(several('eps/B1', 'eps', 'eps/B2'))

    for (const id of ['B1', 'B3', 'B1']) await stack.feeder.update(id)
    await client.until('all of it', ({ counts }) => counts.get('B1') === 2 && counts.has('B3'))

    expect(client.counts.get('B1')).toBe(2)
    expect(client.messages().every(({ event }) => event === 'eps')).toBe(true)
  })
})

describe('a filter', () => {
  it('begins with a snapshot of its ids, and sends their totals', async () => {
    const all = await stack.open('/subscribe/eps')
    for (const id of ['T1', 'T1', 'T2', 'T3']) await stack.feeder.update(id)
    await published(all, 'END2')
    const client = await stack.open(`${several('eps/T1', 'eps/T2', 'eps/T9')}&totals=1`)

    const [snapshot] = client.messages()
    expect(snapshot?.event).toBe('snapshot')
    const before = JSON.parse(snapshot?.data ?? '')
    expect(Object.keys(before).sort()).toEqual(['T1', 'T2'])
    for (const id of ['T1', 'T3', 'T9']) await stack.feeder.update(id)
    await client.until('both totals', ({ body }) => body.includes(`"T1":${before.T1 + 1}`) && body.includes('"T9":1'))

    expect(idsOf(client)).not.toContain('T3')
    expect([before.T1, before.T2]).toEqual([2, 1])
  })

  it('goes on after the id of its last frame, with one frame for what it has missed', async () => {
    const all = await stack.open('/subscribe/eps')
    const first = await stack.open('/subscribe/eps/R1?resume=1')
    await stack.feeder.update('R1')
    await first.until('the first', ({ counts }) => counts.has('R1'))
    const last = first.messages().at(-1)?.id
    first.close()
    for (const id of ['R1', 'R2', 'R1', 'R1']) await stack.feeder.update(id)
    await published(all, 'END3')

    const second = await stack.open('/subscribe/eps/R1', { headers: { 'Last-Event-ID': last ?? '' } })
    await second.until('what it has missed', ({ counts }) => counts.has('R1'))

    expect(second.messages().map(({ data }) => data)).toEqual(['{"R1":3}'])
  })
})

describe('rate', () => {
  const RATE = 4
  const UPDATES = 150

  it.each([
    ['eps', '/subscribe/eps?rate=4'],
    ['ids', '/subscribe/eps/RATE?rate=4'],
    ['totals', '/subscribe/eps?rate=4&totals=1'],
  ])('bounds the frames of %s in a second; the last update comes too, and all add up', async (_, path) => {
    const full = await stack.open('/subscribe/eps')
    const startMs = performance.now()
    const client = await stack.open(path)
    const before = path.includes('totals') ? (JSON.parse(client.messages()[0]?.data ?? '{}').RATE ?? 0) : 0

    for (let n = 0; n < UPDATES; n++) {
      await stack.feeder.update('RATE')
      // At its own pace, as a feeder: a flush comes with nearly every update.
      if (n % 10 === 0) await full.until('the update', ({ counts }) => (counts.get('RATE') ?? 0) > n)
    }
    const isWhole = path.includes('totals')
      ? ({ body }: RawClient) => body.includes(`"RATE":${before + UPDATES}`)
      : ({ counts }: RawClient) => counts.get('RATE') === UPDATES
    await client.until('the last update', isWhole)

    const frames = client.messages().filter(({ event }) => event === undefined).length
    const seconds = (performance.now() - startMs) / 1000
    expect(frames).toBeLessThanOrEqual(Math.floor(seconds * RATE) + 1)
    expect(frames).toBeGreaterThan(0)
  })

  it.each(['rate=0', 'rate=61', 'rate=x', 'rate=', 'rate=5&rate=6'])('is refused as %s, by name', async (query) => {
    for (const path of ['/subscribe/eps', '/subscribe/eps/2665']) {
      const answer = await stack.answer(`${path}?${query}`)
      expect([answer.head?.status, JSON.parse(answer.body).message]).toEqual([400, expect.stringContaining('rate')])
    }
  })
})

it('EPS_MAX_HZ bounds all streams of eps, and a server that stops sends the last sum before', async () => {
  const slow = await LiveStack.start({ EPS_MAX_HZ: '2' })
  try {
    const startMs = performance.now()
    const client = await slow.open('/subscribe/eps')
    for (let n = 0; n < 40; n++) await slow.feeder.update('SLOW')
    await client.until('the first of them', ({ counts }) => counts.has('SLOW'))
    const frames = [client.frames, Math.floor(((performance.now() - startMs) / 1000) * 2) + 1] as const
    await slow.server.stop()
    await client.ended

    expect(client.counts.get('SLOW')).toBe(40)
    expect(frames[0]).toBeLessThanOrEqual(frames[1])
  } finally {
    await slow.stop()
  }
})
