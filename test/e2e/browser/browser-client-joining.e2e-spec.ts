import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../../support/pages/chromium.js'
import { ClientPages, ClientTab } from '../../support/pages/client-pages.js'
import { SAMPLE_PLUG_IN } from '../../support/plugins/sample-plug-in.js'
import { aLiveServer, aServer } from '../../support/servers/fixtures.js'
import { openStreams, untilReady } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

const ENV = { STREAMER_MODULES: SAMPLE_PLUG_IN }

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** A server with the plug-in of the tests, and a function that opens tabs that share their connection to it. */
async function aSharedServer() {
  const live = await aLiveServer(ENV)
  const pages = await ClientPages.start(live.server.url)
  const context: BrowserContext = await browser.newContext()
  onTestFinished(async () => {
    await context.close()
    pages.stop()
  })
  const aTab = async (...namespaces: readonly string[]) => {
    const tab = await ClientTab.open(context, pages.origin, live.server.url, namespaces)
    if (namespaces.length > 0) await tab.until('open', [...namespaces].sort())
    return tab
  }
  return { ...live, aTab }
}

const untilNewest = (tab: ClientTab, ...values: readonly string[]) =>
  eventually(`the tab has had ${values.join(', ')}`, async () => {
    expect((await tab.seen()).frames['newest']).toEqual(values.map((value) => `newest: ${value}`))
    return true
  })

it('gives a tab that joins the latest value at once, from the tab that leads, whoever that is by then', async () => {
  const { server, feeder, aTab } = await aSharedServer()
  const first = await aTab()
  await first.latest('newest')
  await first.until('open', ['newest'])
  await feeder.update('ONE')
  await untilNewest(first, 'ONE')

  const second = await aTab()
  await second.latest('newest')
  await untilNewest(second, 'ONE')
  const third = await aTab('newest')
  await feeder.update('TWO')
  for (const [tab, values] of [
    [first, ['ONE', 'TWO']],
    [second, ['ONE', 'TWO']],
    [third, ['TWO']],
  ] as const)
    await untilNewest(tab, ...values)
  expect(await openStreams(server)).toHaveLength(1)

  // The next leading tab gets the value from the server.
  await first.page.close()
  await untilNewest(second, 'ONE', 'TWO', 'TWO')
  const fourth = await aTab()
  await fourth.latest('newest')
  await untilNewest(fourth, 'TWO')
})

it('gives the tab that leads what another one had before it', async () => {
  const { feeder, aTab } = await aSharedServer()
  const first = await aTab('eps')
  const second = await aTab('newest')
  await feeder.update('ONE')
  await untilNewest(second, 'ONE')
  await first.latest('newest')
  await untilNewest(first, 'ONE')
})

it('leaves out a namespace that the server does not have, and says so to the tab that wants it alone', async () => {
  const { redis, server, feeder, aTab } = await aSharedServer()
  const first = await aTab('eps')
  const second = await aTab()
  await second.subscribe('nope')
  await second.subscribe('raw')
  await second.until('open', ['raw'])
  expect((await second.seen()).states.at(-1)).toMatchObject({ refused: ['nope'] })
  await feeder.update('ONE')
  await eventually('both have it', async () => {
    const [one, two] = [await first.counts(), (await second.seen()).frames['raw']]
    return one.get('ONE') === 1 && two?.length === 1
  })
  expect((await first.seen()).states.map(({ name }) => name)).not.toContain('waiting')
  expect((await first.seen()).gaps).toEqual([])

  await server.stop()
  await first.until('waiting')
  await untilReady(await aServer({ ...ENV, REDIS_URL: redis.url, PORT: String(server.port) }), true)
  await first.until('open', ['eps'], 20_000)
  await second.until('open', ['raw'], 20_000)
  await feeder.update('TWO')
  await eventually('it has come', async () => (await first.counts()).get('TWO') === 1)
})

it('has the sums however many details it wants as well, and says which of those are too many', async () => {
  const { feeder, aTab } = await aSharedServer()
  const details = Array.from({ length: 64 }, (_, n) => `details/${String(n).padStart(2, '0')}`)
  const tab = await aTab()
  for (const namespace of ['eps', ...details]) await tab.subscribe(namespace)
  await tab.until('open', [...details.slice(1), 'eps'])
  expect((await tab.seen()).states.at(-1)).toMatchObject({ refused: ['details/00'] })
  await feeder.update('ONE')
  await eventually('it has come', async () => (await tab.counts()).get('ONE') === 1)
})
