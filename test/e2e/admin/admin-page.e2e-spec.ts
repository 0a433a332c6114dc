import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { AdminPage } from '../../support/pages/admin-page.js'
import { launchChromium } from '../../support/pages/chromium.js'
import { SAMPLE_PLUG_IN } from '../../support/plugins/sample-plug-in.js'
import { aConnection, aFeeder, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedServer } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

const LIGHT_LINE = [15, 118, 110] as const
const LIGHT_PLUG_INS = [95, 102, 107] as const
const DARK_LINE = [69, 194, 181] as const
const TOKEN = 'correct-horse-battery'
/** A user agent that is markup unless the page escapes it. */
const MARKUP = '<img src=x onerror=alert(1)><b>bold</b>'
const CONNECTIONS = 'Table of connections'

const aDemo = sharedServer()

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

async function aPage(server: ServerProcess, options?: BrowserContextOptions): Promise<AdminPage> {
  const admin = await AdminPage.open(browser, server.url, options)
  onTestFinished(() => admin[Symbol.asyncDispose]())
  return admin
}

/** Waits until the page shows so many connections. */
const untilRows = (admin: AdminPage, count: number) =>
  eventually(`the page shows ${count} connections`, async () => (await admin.rows(CONNECTIONS)).length === count)

describe('the admin page', () => {
  it('shows the figures of the node live, in numbers, charts and words, and asks nobody else for anything', async () => {
    const server = await aServer({ NODE_NAME: 'here' })
    for (const path of ['/subscribe/eps', '/subscribe/eps', '/subscribe/details']) await openClient(server, { path })
    const admin = await aPage(server)

    await eventually('figures come', async () => (await admin.figure('Updates in')) > 100 && (await admin.figure('Events out')) > 0)
    expect(await admin.figure('Open streams')).toBe(3)
    expect(await admin.figure('Flush rate')).toBeGreaterThan(0)
    expect(await admin.figure('Slow clients')).toBe(0)
    await eventually('a line is drawn', async () => (await admin.pixels('Updates in', LIGHT_LINE)) > 20)
    expect(await admin.page.getByRole('img', { name: 'Chart of Updates in, last 5 minutes: lowest' }).count()).toBe(1)
    expect(await admin.page.title()).toContain('nest-development-here')
    expect(await admin.page.getByText('live', { exact: true }).count()).toBe(1)

    const [node] = await eventually('the node is listed', async () => {
      const rows = await admin.rows('Table of nodes')
      return rows.length === 1 && rows
    })
    expect(node).toMatch(/^nest-development-here\s+ok\s+ready\s+private: no-redis\s+[0-9a-z]{8,16}\s/)
    expect(await admin.page.getByText('1 reporting; 3 streams private positions', { exact: true }).count()).toBe(1)
    expect(await admin.fact('Positions')).toBe('private: no-redis')
    expect(await admin.fact('Epoch and position')).toMatch(/^[0-9a-z]{8,16} [\d,]+$/)
    expect([await admin.fact('Healed'), await admin.fact('Resumed')]).toEqual(['0', '0'])
    expect(node).toMatch(/\s3\s+2\s+0\s+1\s+0\s/)

    expect(admin.faults).toEqual([])
    expect(admin.foreign).toEqual([])
  })

  it('shows the streams of plug-ins beside the others, by namespace, where there are some', async () => {
    const server = await aServer({ STREAMER_MODULES: SAMPLE_PLUG_IN })
    for (const path of ['/subscribe/votes', '/subscribe/votes', '/subscribe?stream=newest&stream=eps']) await openClient(server, { path })
    const admin = await aPage(server)
    await admin.page.getByText('messages 0, newest 1, votes 2', { exact: true }).waitFor()
    await admin.page.getByText('plug-ins 3', { exact: true }).waitFor()
    await eventually('its line is drawn', async () => (await admin.pixels('Open streams', LIGHT_PLUG_INS)) > 5)

    const plain = await aPage(await aDemo())
    await plain.page.getByText('kiosk 0', { exact: true }).waitFor()
    expect(await plain.page.getByText('plug-ins').isVisible()).toBe(false)
  })

  it('finds a connection among others by any of its words, and shows its user agent as text', async () => {
    const server = await aDemo()
    await openClient(server, { path: '/subscribe/eps', headers: { 'User-Agent': 'needle/1.0' } })
    await openClient(server, { path: '/subscribe/details/2665', headers: { 'User-Agent': MARKUP } })
    const admin = await aPage(server)
    await untilRows(admin, 2)

    await admin.page.getByRole('searchbox', { name: 'Search' }).fill('EPS needle')
    await untilRows(admin, 1)
    expect(await admin.rows(CONNECTIONS)).toMatchObject([expect.stringMatching(/^\/subscribe\/eps\s+127\.0\.0\.1\s+needle\/1\.0/)])
    expect(await admin.page.getByText('1 found of 2 open').count()).toBeGreaterThan(0)

    await admin.page.getByRole('searchbox', { name: 'Search' }).fill('2665')
    expect(await admin.rows(CONNECTIONS)).toMatchObject([expect.stringContaining(MARKUP)])
    expect(admin.faults).toEqual([])
  })

  it('works by keyboard alone: skip, search, sort', async () => {
    const server = await aDemo()
    for (const path of ['/subscribe/details/B', '/subscribe/details/A']) await openClient(server, { path })
    const admin = await aPage(server)
    await untilRows(admin, 2)
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await admin.page.keyboard.press(key)
    }
    const focused = () => admin.page.evaluate<string>('document.activeElement.id || document.activeElement.textContent')
    const head = admin.page.getByRole('columnheader', { name: 'Path' })

    await press('Tab')
    expect(await focused()).toBe('Skip to the connections')
    await press('Enter', 'Tab')
    expect(await focused()).toBe('query')
    await press('/', 'd', 'Tab', 'Tab')
    expect(await focused()).toBe('Path')

    await press('Enter')
    expect(await head.getAttribute('aria-sort')).toBe('ascending')
    expect((await admin.rows(CONNECTIONS)).map((row) => row.slice(0, 20))).toEqual(['/subscribe/details/A', '/subscribe/details/B'])
    await press('Enter')
    expect(await head.getAttribute('aria-sort')).toBe('descending')
    expect((await admin.rows(CONNECTIONS))[0]).toContain('/subscribe/details/B')
    expect(await admin.page.getByRole('columnheader', { name: 'Age', exact: true }).getAttribute('aria-sort')).toBeNull()
  })

  it('fits a screen of 360 pixels, with its tables scrolling in their own frames', async () => {
    const server = await aServer({ NODE_NAME: 'a-node-with-quite-a-long-name.in-some-data-centre' })
    await openClient(server, { path: `/subscribe/details/${'X'.repeat(128)}`, headers: { 'User-Agent': 'x'.repeat(256) } })
    const admin = await aPage(server, { viewport: { width: 360, height: 740 } })
    await untilRows(admin, 1)
    await eventually('figures come', async () => (await admin.figure('Updates in')) > 0)

    expect(await admin.overflow()).toBe(0)
    expect(admin.faults).toEqual([])
  })

  it('follows the theme of the system while it is open', async () => {
    const admin = await aPage(await aDemo(), { colorScheme: 'light' })
    await eventually('a light line', async () => (await admin.pixels('Updates in', LIGHT_LINE)) > 20)
    expect(await admin.pixels('Updates in', DARK_LINE)).toBe(0)

    await admin.page.emulateMedia({ colorScheme: 'dark' })

    await eventually('a dark line', async () => (await admin.pixels('Updates in', DARK_LINE)) > 20)
    expect(await admin.pixels('Updates in', LIGHT_LINE)).toBe(0)
  })

  it('says that the connection is lost, and shows figures again when the server is back', async () => {
    const server = await aServer({ NODE_NAME: 'before' })
    const admin = await aPage(server)
    await admin.page.getByText('live', { exact: true }).waitFor()

    await server.stop()
    await admin.page.getByText('connection lost, trying again').waitFor()
    await admin.page.getByRole('alert').filter({ hasText: 'can’t be reached' }).waitFor()

    await aServer({ PORT: String(server.port), NODE_NAME: 'after' })
    await admin.page.getByText('live', { exact: true }).waitFor()
    await admin.page.getByText('nest-development-after').first().waitFor()
    await admin.page.getByRole('alert').waitFor({ state: 'hidden' })
  })

  it('asks for the token, and shows everything to a browser that has it', async () => {
    const server = await aServer({ ADMIN_TOKEN: TOKEN })
    expect((await fetch(`${server.url}/admin/`)).status).toBe(401)

    const admin = await aPage(server, { httpCredentials: { username: 'anybody', password: TOKEN } })

    await admin.page.getByText('live', { exact: true }).waitFor()
    await eventually('the node is listed', async () => (await admin.rows('Table of nodes')).length === 1)
    expect(admin.faults.filter((fault) => !fault.includes('401'))).toEqual([])
  })

  it('shows every node of the cluster, whether they agree on positions, and which of them is dead', async () => {
    const redis = await aRedis()
    const [here, other] = await Promise.all(
      ['here', 'other'].map((name) => aServer({ REDIS_URL: redis.url, NODE_NAME: name, REPORT_MS: '1000' })),
    )
    if (here === undefined || other === undefined) throw new Error('two servers')
    await openClient(other, { path: '/subscribe/raw' })
    const admin = await aPage(here)
    const states = async () => (await admin.rows('Table of nodes')).map((row) => row.split(/\s+/).slice(0, 2).join(' '))

    await eventually('both are listed', async () => (await states()).join() === 'nest-development-here ok,nest-development-other ok')
    await untilRows(admin, 1)

    const positions = async () => (await admin.rows('Table of nodes')).map((row) => row.split(/\t/).slice(3, 5))
    expect((await positions()).map(([mode]) => mode)).toEqual(['private: unverified', 'private: unverified'])
    expect(await admin.page.getByText('private positions', { exact: true }).isVisible()).toBe(true)
    const feeder = await aFeeder(redis.url)
    for (let n = 0; n < 110; n++) await feeder.update('2665')
    await admin.page.getByText('all agree on positions', { exact: true }).waitFor()
    const epoch = await aConnection(redis.url).get('emojitrack_score_epoch')
    expect(await positions()).toEqual(Array(2).fill(['shared', epoch]))

    await other.pause()

    await eventually('the other one is dead', async () => (await states())[1] === 'nest-development-other dead', 15_000)
    other.resume()
  })
})
