import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { AdminPage } from '../../support/pages/admin-page.js'
import { launchChromium } from '../../support/pages/chromium.js'
import { aServer, openClient } from '../../support/servers/fixtures.js'
import { eventually } from '../../support/waiting/eventually.js'

const FIGURES = ['Open streams', 'Updates in', 'Events out', 'Bytes out', 'Flush rate', 'Slow clients']
const NODE_HEADS = [
  ...['Node', 'State', 'Source', 'Positions', 'Epoch'],
  ...'Up Reported Streams eps raw details kiosk Updates/s Events/s Bytes/s Rounds/s Slow Refused Position Healed'.split(' '),
]
const CONNECTION_HEADS = 'Path Client Agent Age Lag Buffered Events Conflated Node'.split(' ')

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

it('the admin page says to a screen reader what each part is: its roles, names and live regions', async () => {
  const server = await aServer({ NODE_NAME: 'here' })
  await openClient(server, { path: '/subscribe/eps' })
  const admin = await AdminPage.open(browser, server.url)
  onTestFinished(() => admin[Symbol.asyncDispose]())
  await eventually('figures come', async () => (await admin.figure('Events out')) > 0)
  await eventually('the connection is listed', async () => (await admin.rows('Table of connections')).length === 1)

  // One line for each: role, and name where it has one.
  const tree = (await admin.page.locator('body').ariaSnapshot()).split('\n').map((line) => line.replace(/^[\s'-]+|[':]+$/g, ''))
  const namesOf = (role: string) => tree.flatMap((line) => new RegExp(`^${role} "(.*)"`).exec(line)?.[1] ?? [])

  expect(tree).toEqual(expect.arrayContaining(['banner', 'main', 'search', 'link "Skip to the connections"', 'searchbox "Search"']))
  expect(namesOf('heading')).toEqual(['emojitrack-streamer', 'This node, live', 'Nodes', 'Connections'])
  expect(namesOf('region')).toEqual(['This node, live', 'Nodes', 'Table of nodes', 'Connections', 'Table of connections'])
  expect(namesOf('table')).toEqual([expect.stringMatching(/^The nodes that report/), expect.stringMatching(/^Open streams of all nodes/)])
  expect(namesOf('columnheader')).toEqual([...NODE_HEADS, ...CONNECTION_HEADS])
  expect(namesOf('rowheader')).toEqual(['nest-development-here', '/subscribe/eps'])
  // Each column of the connections is sorted by a button; the head says which one is, in words of its own.
  expect(namesOf('button')).toEqual(CONNECTION_HEADS)
  expect(await admin.page.getByRole('columnheader', { name: 'Age', exact: true }).getAttribute('aria-sort')).toBe('descending')
  // A chart has a description in words.
  const charts = FIGURES.map((title) => expect.stringMatching(new RegExp(`^Chart of ${title}, last 5 minutes: lowest \\S.*, highest \\S`)))
  expect(namesOf('img')).toEqual(charts)
  // A screen reader announces changes of the state of the feed and of the result of a search.
  expect(tree.filter((line) => line.startsWith('status'))).toEqual(['status: live', 'status'])
})
