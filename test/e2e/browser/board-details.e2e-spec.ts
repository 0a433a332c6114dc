import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { BoardPage } from '../../support/pages/board-page.js'
import { launchChromium } from '../../support/pages/chromium.js'
import { aLiveServer } from '../../support/servers/fixtures.js'
import { openStreams } from '../../support/servers/probes.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const ID = '2665'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** A board whose details of one id are open, on the server too. */
async function openDetails() {
  const { server, feeder } = await aLiveServer()
  const board = await BoardPage.open(browser, server.url)
  onTestFinished(() => board[Symbol.asyncDispose]())
  await board.cell(ID).click()
  await board.details.getByText('Waiting for the next post').waitFor()
  await untilStreamed(server, true)
  return { board, server, publish: (post: unknown) => feeder.update(ID, typeof post === 'string' ? post : JSON.stringify(post)) }
}

async function untilStreamed(server: ServerProcess, isStreamed: boolean): Promise<void> {
  const see = async () => (await openStreams(server)).some(({ namespace }) => namespace.includes(`details/${ID}`)) === isStreamed
  await eventually(`the details are ${isStreamed ? '' : 'no longer '}streamed`, see)
}

describe('the details of an emoji', () => {
  it('show the latest posts first, with their author, time and links, until they are closed', async () => {
    const { board, server, publish } = await openDetails()
    expect(await board.details.getByRole('heading').textContent()).toBe('heart suit')
    await publish({
      text: 'first line\r\n  second line\n\nfourth line',
      name: 'Some One',
      screen_name: 'someone',
      links: ['https://example.com/a?b=c'],
      created_at: '2024-01-02T03:04:05Z',
    })
    await publish({ text: 'later', name: 'Other', screen_name: 'other', links: [], created_at: '2024-01-02T03:04:06Z' })
    await eventually('both are shown', async () => (await board.posts.count()) === 2)

    const [later, first] = await board.posts.allInnerTexts()
    expect(later).toMatch(/Other\s+@other .*\s+later$/)
    expect(first).toContain('first line\n  second line\n\nfourth line')
    expect(first).toContain('Some One @someone')
    expect(await board.posts.nth(1).getByRole('time').getAttribute('datetime')).toBe('2024-01-02T03:04:05.000Z')
    const link = board.details.getByRole('link')
    expect(await link.getAttribute('href')).toBe('https://example.com/a?b=c')
    expect(await link.getAttribute('rel')).toContain('noopener')
    await eventually('its count is that of the cell', async () => board.details.getByText(`${await board.count(ID)} · ${ID}`).isVisible())

    await board.page.keyboard.press('Escape')
    await board.details.waitFor({ state: 'hidden' })
    expect(await board.focused()).toBe(ID)
    await untilStreamed(server, false)
    expect(board.faults).toEqual([])
  })

  it('take every text for text, and only web addresses for links', async () => {
    const { board, publish } = await openDetails()
    const markup = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"><b>bold</b>'
    await publish({
      text: markup,
      name: markup,
      screen_name: '"><svg onload=window.hacked=1>',
      links: [
        'javascript:window.hacked=1',
        'data:text/html,<script>1</script>',
        'https://example.com/"onclick="window.hacked=1',
        { url: 'file:///etc' },
      ],
      created_at: markup,
    })
    await publish('<script>window.hacked=1</script> no JSON at all')
    await publish({ text: 'שלום עולם', name: '\u202Eevil', screen_name: 'r', links: [] })
    await eventually('they are shown', async () => (await board.posts.count()) === 3)

    const [rightToLeft, plain, hostile] = await board.posts.all()
    expect(await hostile?.locator('.post-text').textContent()).toBe(markup)
    expect(await hostile?.locator('.post-name').textContent()).toBe(markup)
    expect(await plain?.locator('.post-text').textContent()).toBe('<script>window.hacked=1</script> no JSON at all')
    // It is the first of the list.
    expect(await rightToLeft?.locator('.post-text').textContent()).toBe('שלום עולם')
    expect(await board.page.evaluate("getComputedStyle(document.querySelector('.post-text')).direction")).toBe('rtl')
    const hrefs = await board.page.evaluate("[...document.querySelectorAll('dialog a')].map(({ href }) => href)")
    expect(hrefs).toEqual(['https://example.com/%22onclick=%22window.hacked=1'])
    expect(await board.details.locator('script, img, svg, b').count()).toBe(0)
    expect(await board.page.evaluate('window.hacked')).toBeUndefined()
    expect(board.faults).toEqual([])
    expect(board.foreign).toEqual([])
  })

  it('say that the connection is lost, for they may hide all else', async () => {
    const { board, server } = await openDetails()
    const lost = board.details.getByText('connection lost, trying again')
    expect(await lost.isVisible()).toBe(false)
    await server.stop()
    await lost.waitFor()
  })

  it('keep twenty posts however many come, and stand still while they are paused', async () => {
    const { board, publish } = await openDetails()
    for (let post = 0; post < 100; post++) await publish({ text: `post ${post}` })
    await eventually('the last is shown', async () => (await board.posts.first().textContent())?.includes('post 99'))
    expect(await board.posts.count()).toBe(20)

    const pause = board.details.getByRole('button', { name: 'Pause' })
    await pause.click()
    const before = await board.count(ID)
    await publish({ text: 'while paused' })
    await eventually('it has arrived', async () => (await board.count(ID)) > before)
    expect(await board.posts.first().textContent()).toContain('post 99')
    await pause.click()
    await eventually('it goes on', async () => (await board.posts.first().textContent())?.includes('while paused'))
    expect(await board.posts.count()).toBe(20)
  })
})
