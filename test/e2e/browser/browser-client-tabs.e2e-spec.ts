import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { launchChromium } from '../../support/pages/chromium.js'
import { ClientPages, ClientTab } from '../../support/pages/client-pages.js'
import { added } from '../../support/redis/exact-sums.js'
import { scoresOf } from '../../support/redis/redis-scores.js'
import { sum } from '../../support/redis/score-counts.js'
import { LiveStack } from '../../support/servers/live-stack.js'
import { openStreams, untilConnections } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

const SENTINEL = 'NOTHING-AFTER-THIS'

let stack: LiveStack
let pages: ClientPages
let browser: Browser
/** Tabs of one context share their origin's locks and channels, as in one browser. */
let context: BrowserContext

beforeAll(async () => {
  stack = await LiveStack.start()
  pages = await ClientPages.start(stack.server.url)
  browser = await launchChromium()
})
beforeEach(async () => {
  context = await browser.newContext()
})
afterEach(async () => {
  await context.close()
  await untilConnections(stack.server, 0)
})
afterAll(async () => {
  await browser.close()
  pages.stop()
  await stack.stop()
})

async function aTab(...namespaces: readonly string[]): Promise<ClientTab> {
  const tab = await ClientTab.open(context, pages.origin, stack.server.url, namespaces)
  if (namespaces.length > 0) await tab.until('open', [...namespaces].sort())
  return tab
}

/** Waits until the server has one stream, of these namespaces. */
const untilCarried = (namespace: string) =>
  eventually(`one stream carries ${namespace}`, async () => {
    const streams = await openStreams(stack.server)
    return streams.length === 1 && streams[0]?.namespace === namespace
  })

/** Waits until a tab has as much as was published, and one last update, and demands that it has exactly that. */
async function expectExactly(published: ReadonlyMap<string, number>, ...tabs: readonly ClientTab[]): Promise<void> {
  await stack.feeder.update(SENTINEL)
  for (const tab of tabs) {
    await eventually('the last update is there', async () => (await tab.counts()).has(SENTINEL))
    const counts = await tab.counts()
    expect(counts.get(SENTINEL)).toBe(1)
    counts.delete(SENTINEL)
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(published))
  }
}

it('gives two tabs over one connection exactly the updates that were published', async () => {
  const first = await aTab('eps')
  const second = await aTab('eps')

  const published = await stack.feeder.run({ perSecond: 2_000, seconds: 2 })
  expect(sum(published)).toBe(4_000)

  await expectExactly(published, first, second)
  expect(await openStreams(stack.server)).toMatchObject([{ request_path: '/subscribe' }])
  for (const tab of [first, second]) {
    expect((await tab.seen()).gaps).toEqual([])
    expect(tab.faults).toEqual([])
  }
})

it('gives each tab the namespaces that it asked for, and no other', async () => {
  const first = await aTab('eps', 'details/2665')
  const second = await aTab('details/1F602')
  await first.until('open', ['details/2665', 'eps'])

  await stack.feeder.update('2665', '{"text":"♥\\nline"}')
  await stack.feeder.update('1F602', 'two\r\nlines')
  const event = 'stream.tweet_updates'
  await eventually('they have come', async () => {
    const [one, two] = [await first.seen(), await second.seen()]
    return one.counts.length === 2 && one.frames['details/2665']?.length === 1 && two.frames['details/1F602']?.length === 1
  })

  expect((await first.seen()).frames['details/2665']).toEqual([`${event}.2665: {"text":"♥\\nline"}`])
  expect((await second.seen()).frames).toEqual({ 'details/1F602': [`${event}.1F602: two\nlines`] })
  expect(await second.counts()).toEqual(new Map())

  await untilCarried('/eps,details/2665,details/1F602')
  await second.page.close()
  await untilCarried('/eps,details/2665')
})

it('continues in the other tab when the leading one is closed, with everything that comes meanwhile', async () => {
  const first = await aTab('eps')
  const second = await aTab('eps', 'details/2665')
  const feeding = stack.feeder.run({ perSecond: 1_000, seconds: 2 })
  await eventually('it has some', async () => (await second.counts()).size > 0)
  await first.page.close()

  const published = await feeding
  await expectExactly(published, second)
  const { gaps, frames } = await second.seen()
  expect(gaps).toEqual([])
  expect(frames['details/2665']).toHaveLength(published.get('2665') ?? 0)
  expect(new Set(frames['details/2665']).size).toBe(published.get('2665') ?? 0)
  await untilConnections(stack.server, 1)
})

it('changes what the connection carries without losing or doubling an update, or saying that it might', async () => {
  const first = await aTab('eps')
  const second = await aTab('eps')
  const feeding = stack.feeder.run({ perSecond: 2_000, seconds: 3 })
  for (const [number, tab] of [first, second, first, second].entries()) {
    await tab.subscribe(`details/${number}`)
    await eventually('it is carried', async () => (await tab.seen()).states.at(-1)?.namespaces?.includes(`details/${number}`))
    if (number > 1) await tab.unsubscribe(`details/${number - 2}`)
  }

  await expectExactly(await feeding, first, second)
  for (const tab of [first, second]) expect((await tab.seen()).gaps).toEqual([])
  await untilCarried('/eps,details/3,details/2')
})

it('gives up the connection of a tab that is about to be frozen, and takes it back with the increments that it has missed', async () => {
  const first = await aTab('details/2665', 'eps')
  const second = await aTab('eps')
  await first.page.evaluate('document.dispatchEvent(new Event("freeze"))')
  const missed = await stack.feeder.run({ perSecond: 500, seconds: 1 })
  await stack.feeder.update('2665')
  await eventually('the other tab has them', async () => sum(await second.counts()) === sum(missed) + 1)
  expect(await first.counts()).toEqual(new Map())
  await first.page.evaluate('document.dispatchEvent(new Event("resume"))')

  await first.until('open', ['details/2665', 'eps'])
  const published = await stack.feeder.run({ perSecond: 500, seconds: 1 })

  await expectExactly(added(missed, published, new Map([['2665', 1]])), first, second)
  expect((await first.seen()).gaps).toEqual([['details/2665']])
  expect((await second.seen()).gaps).toEqual([])
  await untilConnections(stack.server, 1)
})

it('takes the lead from a tab that does not answer, and gives it its frames once it does again', async () => {
  const first = await aTab('eps')
  const second = await aTab('eps')
  const session = await context.newCDPSession(first.page)
  await session.send('Debugger.enable')
  await session.send('Debugger.pause')
  await stack.feeder.update('2665')
  await eventually('the other tab has taken over', async () => (await second.counts()).has('2665'), 20_000)
  const published = await stack.feeder.run({ perSecond: 500, seconds: 1 })
  await eventually('it has them', async () => sum(await second.counts()) > sum(published))
  await session.send('Debugger.disable')

  await eventually('the first one has them, too', async () => sum(await first.counts()) > sum(published))
  const later = await stack.feeder.run({ perSecond: 500, seconds: 1 })
  await expectExactly(added(published, later, new Map([['2665', 1]])), first, second)
  for (const tab of [first, second]) expect((await tab.seen()).gaps).toEqual([])
  await untilConnections(stack.server, 1)
})

it('counts single ids in several tabs over one connection, which carries those alone, and adds nothing to eps', async () => {
  const before = await scoresOf(stack.redis.url)
  const [first, second] = [await aTab(), await aTab()]
  await first.count('2665')
  await first.until('open', ['eps/2665'])
  await second.count('1F602')
  await second.count('2665')
  await second.until('open', ['eps/1F602', 'eps/2665'])
  await untilCarried('/eps/2665,eps/1F602')
  const published = await stack.feeder.run({ perSecond: 500, seconds: 1 })
  const total = (id: string) => (before.get(id) ?? 0) + (published.get(id) ?? 0)
  await eventually('both have the totals', async () => {
    const [one, two] = [(await first.seen()).counted, (await second.seen()).counted]
    expect([one['2665']?.at(-1), two['2665']?.at(-1), two['1F602']?.at(-1)]).toEqual([total('2665'), total('2665'), total('1F602')])
    return true
  })
  expect((await first.seen()).frames).toEqual({})

  await first.subscribe('eps')
  await first.until('open', ['eps', 'eps/2665'])
  await untilCarried('/eps')
  await first.count('1F602')
  expect((await first.seen()).counted['1F602']).toEqual([total('1F602')])
})
