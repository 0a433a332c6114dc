import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PlayedServer } from '../test/played-server.js'
import { openLink } from './link.js'
import { openClient } from './open-client.js'
import { Totals } from './totals.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const IDS = ['a', 'b', 'c'] as const

/** A client of a played server, and all that it has seen. */
function aClient() {
  const server = new PlayedServer()
  const client = openClient((listener, from) => openLink(server.open, listener, from))
  const totals = new Totals()
  const counters = new Map<string, number>()
  const posts: string[] = []
  const gaps = new Set<string>()
  const ends = new Map<string, () => void>()
  const seen = { increments: 0, hasPaused: false }
  client.on('gap', ({ namespaces }) => namespaces.forEach(gaps.add, gaps))
  const subscriptions: Record<string, () => () => void> = {
    totals: () => client.follow(totals),
    eps: () =>
      client.subscribe('eps', (data) => {
        for (const rise of Object.values<number>(JSON.parse(data))) seen.increments += rise
      }),
    details: () => client.subscribe('details/a', (post) => posts.push(post)),
    ...Object.fromEntries(IDS.map((id) => [id, () => client.counter(id, (total) => counters.set(id, total))])),
  }
  const toggle = (name: string) => {
    const end = ends.get(name)
    end?.()
    seen.hasPaused ||= end !== undefined && name === 'details'
    counters.delete(name)
    if (end) ends.delete(name)
    else ends.set(name, subscriptions[name]?.() ?? (() => undefined))
  }
  /** Takes all steps that are left: the client is up to date. */
  const settle = async () => {
    server.verify()
    for (let turn = 0; turn < 20; turn++) {
      server.receive(0, 1e9)
      server.receive(1, 1e9)
      await vi.advanceTimersByTimeAsync(1100)
      server.answer()
      server.flushAll()
    }
  }
  return {
    server,
    client,
    totals,
    counters,
    posts,
    gaps,
    toggle,
    settle,
    has: (name: string) => ends.has(name),
    seen,
  }
}

type Played = ReturnType<typeof aClient>
type Step = (played: Played) => unknown

const node = fc.constantFrom(0 as const, 1 as const)
const step = fc.oneof(
  {
    arbitrary: fc.constantFrom(...IDS).map(
      (id): Step =>
        ({ server }) =>
          server.publish(id),
    ),
    weight: 6,
  },
  {
    arbitrary: fc.tuple(node, fc.nat(5)).map(
      ([index, most]): Step =>
        ({ server }) =>
          server.receive(index, most),
    ),
    weight: 4,
  },
  { arbitrary: fc.constant<Step>(({ server }) => server.flushAll()), weight: 4 },
  {
    arbitrary: fc.boolean().map(
      (isRefused): Step =>
        ({ server }) =>
          server.answer(isRefused),
    ),
    weight: 4,
  },
  fc.constantFrom<Step>(
    ({ server }) => server.cut(),
    ({ server }) => server.hop(),
    ({ server }) => server.verify(),
  ),
  node.map(
    (index): Step =>
      ({ server }) =>
        server.restart(index),
  ),
  {
    arbitrary: fc.constantFrom(100, 2000).map(
      (ms): Step =>
        () =>
          vi.advanceTimersByTimeAsync(ms),
    ),
    weight: 3,
  },
  {
    arbitrary: fc.constantFrom('details', ...IDS).map(
      (name): Step =>
        ({ toggle }) =>
          toggle(name),
    ),
    weight: 2,
  },
)

describe('a client', () => {
  it('has the totals of the server, and each post once unless it announces a gap, whatever happens between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, followsAll) => {
        const played = aClient()
        const { server, client, totals, counters, posts, gaps, toggle, settle, has, seen } = played
        server.publish('a')
        toggle('details')
        if (followsAll) toggle('totals')
        if (followsAll) toggle('eps')
        await settle()
        const before = totals.sum
        for (const take of steps) await take(played)
        await settle()

        if (followsAll) expect(totals.toJSON()).toEqual(server.totals())
        if (followsAll) expect(seen.increments).toBe(totals.sum - before)
        for (const id of IDS) if (has(id)) expect([id, counters.get(id)]).toEqual([id, server.totals()[id] ?? 0])
        expect(gaps.has('eps')).toBe(false)
        expect(new Set(posts).size).toBe(posts.length)
        const published = server.updates.filter(({ id }) => id === 'a').map(({ post }) => post)
        // A subscription that ends and begins again misses what comes between, and no gap says that.
        // The first post was there before the client. A subscription that ends and begins again misses what comes between.
        if (!seen.hasPaused && !gaps.has('details/a')) expect(posts).toEqual(published.slice(1))
        client.close()
        expect(server.streams).toEqual([])
      }),
      { numRuns: 400 },
    )
  })
})
