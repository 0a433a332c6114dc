import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stubBrowser } from '../test/fake-browser.js'
import { PlayedServer } from '../test/played-server.js'
import type { News, Point } from './connection.js'
import { openLink } from './link.js'
import { openClient } from './open-client.js'
import { shareLink } from './tabs.js'
import { Totals } from './totals.js'

beforeEach(() => {
  vi.useFakeTimers()
  stubBrowser()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A tab that follows all totals and the posts with one id. */
function aTab(server: PlayedServer) {
  const client = openClient((listener, from) => shareLink('shared', (heard, at) => openLink(server.open, heard, at), listener, from))
  const totals = new Totals()
  const posts: string[] = []
  const gaps: string[] = []
  client.follow(totals)
  client.subscribe('details/a', (post) => posts.push(post))
  client.on('gap', ({ namespaces }) => gaps.push(...namespaces))
  return { client, totals, posts, gaps }
}

type Tab = ReturnType<typeof aTab>

/** Takes all steps that are left: all tabs are up to date. */
async function settle(server: PlayedServer): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    server.receive(0, 1e9)
    server.receive(1, 1e9)
    await vi.advanceTimersByTimeAsync(1100)
    server.answer()
    server.flushAll()
  }
  await vi.advanceTimersByTimeAsync(0)
}

type Step = (server: PlayedServer, tabs: Tab[]) => unknown

const step = fc.oneof(
  {
    arbitrary: fc.constantFrom('a', 'b').map(
      (id): Step =>
        (server) =>
          server.publish(id),
    ),
    weight: 6,
  },
  {
    arbitrary: fc.constantFrom(0 as const, 1 as const).map(
      (index): Step =>
        (server) =>
          server.receive(index, 3),
    ),
    weight: 4,
  },
  { arbitrary: fc.constant<Step>((server) => server.flushAll()), weight: 4 },
  { arbitrary: fc.constant<Step>((server) => server.answer()), weight: 4 },
  {
    arbitrary: fc.constantFrom(0, 50, 1000).map(
      (ms): Step =>
        () =>
          vi.advanceTimersByTimeAsync(ms),
    ),
    weight: 4,
  },
  fc.constantFrom<Step>(
    (server) => server.cut(),
    (server) => server.hop(),
    (server, tabs) => tabs.push(aTab(server)),
    // The oldest tab leads.
    (_, tabs) => tabs.length > 1 && tabs.shift()?.client.close(),
    (_, tabs) => tabs.length > 2 && tabs.splice(1, 1)[0]?.client.close(),
  ),
)

describe('tabs', () => {
  it('have the totals, and each post once, over one connection, whichever of them leads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
        const server = new PlayedServer()
        server.publish('b')
        const tabs = [aTab(server), aTab(server)]
        const first = new Set(tabs)
        await settle(server)
        for (const take of steps) await take(server, tabs)
        await settle(server)

        const posts = server.updates.filter(({ id }) => id === 'a').map(({ post }) => post)
        for (const tab of tabs) {
          expect(tab.totals.toJSON()).toEqual(server.totals())
          expect(tab.gaps).toEqual([])
          // A tab that joins later has no earlier posts.
          expect(tab.posts).toEqual(first.has(tab) ? posts : posts.slice(posts.length - tab.posts.length))
        }
        expect(server.streams).toHaveLength(1)
        for (const { client } of tabs) client.close()
        await settle(server)
        expect(server.streams).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  /** A tab without a client, and all that it hears. */
  function aBareTab() {
    const heard: (readonly [news: News, at: Point])[] = []
    const open = () => {
      throw new Error('there is a leading tab')
    }
    const tab = shareLink('shared', open, { present: () => [], onNews: (...all) => heard.push(all) }, 'an older one')
    tab.want(['details/a', 'eps'])
    return { tab, heard }
  }

  it('tell a tab that joins from which point the frames go on, before any frame, and the totals', async () => {
    const server = new PlayedServer()
    const clients = [aTab(server), aTab(server)]
    await settle(server)
    const { tab, heard } = aBareTab()
    // A frame comes before the leading tab knows of the new one.
    server.publish('a')
    server.receive(0, 1)
    server.flushAll()
    await settle(server)
    expect(heard[0]).toEqual([{ state: { name: 'open', namespaces: ['details/a', 'eps'], refused: [] } }, 'shared-1_1'])
    expect(heard).toContainEqual([{ frame: ['snapshot', '{"a":1}'], isOld: true }, 'shared-1_1'])
    tab.close()
    for (const { client } of clients) client.close()
  })

  it('tell a tab that joins that the connection is lost', async () => {
    const server = new PlayedServer()
    const { client } = aTab(server)
    await settle(server)
    server.cut()
    const { tab, heard } = aBareTab()
    await vi.advanceTimersByTimeAsync(0)
    expect(heard[0]).toEqual([{ state: { name: 'waiting', delayMs: 50, status: undefined } }, 'shared-0_0'])
    tab.close()
    client.close()
  })
})
