import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { AdminPage } from '../../support/pages/admin-page.js'
import { launchChromium } from '../../support/pages/chromium.js'
import { aServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { untilConnections } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

const CONNECTIONS = 'Table of connections'
const QUIET = 1100
const OPEN = QUIET + 2
/** How many connections a node lists (STATUS_MAX_CONNECTIONS), and how many of them the page draws. */
const [LISTED, DRAWN] = [1000, 200]
/** Far above the time of the page on a busy machine, and far below the time of an unbounded table. */
const MAX_TASK_MS = 1500

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

it('the admin page over more than 1000 streams has the right totals, a bounded table, and a search that finds one of them', async () => {
  const server = await aServer({ NODE_NAME: 'crowd' })
  await openClients(server, QUIET, { path: '/subscribe/details/NOBODY' })
  await openClient(server, { path: '/subscribe/eps', headers: { 'User-Agent': 'needle/1.0' } })
  await openClient(server, { path: '/subscribe?stream=eps&stream=details/2665' })
  await untilConnections(server, OPEN)
  const admin = await AdminPage.open(browser, server.url)
  onTestFinished(() => admin[Symbol.asyncDispose]())
  const { page } = admin
  const rows = () => admin.rows(CONNECTIONS)
  const says = (text: string) => page.locator('#connections-summary').getByText(text, { exact: true }).waitFor()

  await says(`${DRAWN} shown of 1,000 listed of 1,102 open`)
  expect(await rows()).toHaveLength(DRAWN)
  await eventually('figures come', async () => (await admin.figure('Events out')) > 0)
  expect(await admin.figure('Open streams')).toBe(OPEN)
  expect(await admin.figure('Slow clients')).toBe(0)
  const [node] = await admin.rows('Table of nodes')
  expect(node?.split(/\s+/)).toEqual(expect.arrayContaining(['nest-development-crowd', 'ok', '1,102', '1,101']))

  const search = page.getByRole('searchbox', { name: 'Search' })
  await search.pressSequentially('nobody 127')
  await says(`${DRAWN} shown of ${LISTED - 2} found of 1,000 listed of 1,102 open`)
  await search.fill('needle')
  await says('1 found of 1,000 listed of 1,102 open')
  expect(await rows()).toMatchObject([expect.stringMatching(/^\/subscribe\/eps\s/)])
  await search.fill('')
  await page.getByRole('button', { name: 'Events' }).click()

  // Each report draws the page again, and its content stays the same.
  const elements = () => page.evaluate<number>('document.querySelectorAll("*").length')
  const before = await elements()
  await eventually('the busiest stand first', async () => /^\/subscribe(\/eps)?\s/.test((await rows())[0] ?? ''))
  expect(await rows()).toHaveLength(DRAWN)
  expect(await elements()).toBeLessThan(before + 20)
  expect(await admin.longestTaskMs()).toBeLessThan(MAX_TASK_MS)
  expect(admin.faults).toEqual([])
})
