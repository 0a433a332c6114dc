import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { BoardPage } from '../../support/pages/board-page.js'
import { launchChromium } from '../../support/pages/chromium.js'
import { added } from '../../support/redis/exact-sums.js'
import type { Feeder } from '../../support/redis/feeder.js'
import { sum } from '../../support/redis/score-counts.js'
import { aConnection, aFeeder, aLiveServer, aRedis, aServer } from '../../support/servers/fixtures.js'
import { untilReady } from '../../support/servers/probes.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedServer } from '../../support/servers/shared.js'
import { eventually } from '../../support/waiting/eventually.js'

/** Ids that are no emoji of the list; some are markup, a path or a property unless the code escapes them. */
const STRANGE_IDS = ['__proto__', 'constructor', '<b>bold</b>', 'a b/c?d=e#f', '1f602', 'ünï', '🦄', '1F984', 'X'.repeat(128)]
/** More than any count of a test; on a board of production such counts are usual. */
const MANY = 2_345_678_901

const aDemo = sharedServer()

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

async function aBoard(server: ServerProcess, options?: BrowserContextOptions): Promise<BoardPage> {
  const board = await BoardPage.open(browser, server.url, options)
  onTestFinished(() => board[Symbol.asyncDispose]())
  return board
}

/** A server that found these scores in its Redis when it started, and a feeder. */
async function aServerWith(...scores: readonly (number | string)[]) {
  const redis = await aRedis()
  await aConnection(redis.url).zadd('emojitrack_score', ...scores)
  const server = await aServer({ REDIS_URL: redis.url })
  await untilReady(server, true)
  return { server, feeder: await aFeeder(redis.url) }
}

async function updateEach(feeder: Feeder, ids: readonly string[], times: number): Promise<Map<string, number>> {
  for (const id of ids) for (let time = 0; time < times; time++) await feeder.update(id)
  return new Map(ids.map((id) => [id, times]))
}

/** Cells out of sight follow a moment later than the sum. */
const untilCounts = (board: BoardPage, counts: ReadonlyMap<string, number>) =>
  eventually('every cell shows its count', async () => {
    expect(await board.counts()).toEqual(counts)
    return true
  })

const untilTotal = (board: BoardPage, total: number) =>
  eventually(
    `the board shows ${total} in all`,
    async () => (await board.total()) === total || Promise.reject(new Error(`${await board.total()}`)),
  )

describe('the live board', () => {
  it('starts from the scores in Redis, never from zero, and then raises every count by exactly what is published', async () => {
    const { server, feeder } = await aServerWith(MANY, '1F603', 7, 'stranger')
    const board = await aBoard(server)
    const before = new Map([
      ['1F603', MANY],
      ['stranger', 7],
    ])
    expect(await board.counts()).toEqual(before)
    expect(await board.history('total')).toEqual(['–', '2,345,678,908'])
    expect(await board.history('first cell')).toEqual(['–', '2,345,678,901'])

    const drawn = await feeder.run({ perSecond: 3_000, seconds: 2 })
    const published = added(drawn, await updateEach(feeder, STRANGE_IDS, 3))
    await untilTotal(board, sum(before) + sum(published))

    expect(sum(published)).toBeGreaterThan(6_000)
    await untilCounts(board, added(before, published))
    expect(board.faults).toEqual([])
    expect(board.foreign).toEqual([])
  })

  it('says that the connection is lost, comes back, and is right again about what it has missed', async () => {
    const { redis, server, feeder } = await aLiveServer()
    const board = await aBoard(server)
    const first = await feeder.run({ perSecond: 1_000, seconds: 0.5 })
    await untilTotal(board, sum(first))

    await server.stop()
    await board.untilLost()
    const missed = await updateEach(feeder, ['2665', 'missed'], 5)
    await untilReady(await aServer({ REDIS_URL: redis.url, PORT: String(server.port) }), true)

    await board.untilLive()
    await untilTotal(board, sum(first) + sum(missed))
    const last = await feeder.run({ perSecond: 1_000, seconds: 0.5 })
    await untilTotal(board, sum(first) + sum(missed) + sum(last))
    await untilCounts(board, added(first, missed, last))
  })

  it('has the totals of a server without Redis, and leads to the figures of the server', async () => {
    const server = await aDemo()
    const board = await aBoard(server)

    await eventually('counts rise', async () => (await board.total()) > 100)
    await eventually('the rate is shown', async () => Number(await board.page.locator('#rate').textContent()) > 100)
    await eventually(
      'a line is drawn',
      async () => ((await board.page.locator('#sparkline').getAttribute('points')) ?? '').split(' ').length > 2,
    )
    expect(await board.page.locator('[data-id]').count()).toBeGreaterThanOrEqual(858)

    await board.page.getByRole('link', { name: 'Figures of the server' }).click()
    await board.page.getByRole('heading', { name: 'This node, live' }).waitFor()
    expect(board.faults).toEqual([])
  })

  it('makes cells flash and fade, and none for a user who prefers reduced motion', async () => {
    const board = await aBoard(await aDemo())
    const alight = () => board.page.locator('[data-glow]').count()
    await eventually('cells flash', async () => (await alight()) > 0)
    // The styles change in steps, so the browser animates nothing.
    expect(await board.page.evaluate('document.getAnimations().length')).toBe(0)

    await board.page.emulateMedia({ reducedMotion: 'reduce' })
    await eventually('the last flash has faded', async () => (await alight()) === 0)
    const total = await board.total()
    await eventually('counts go on', async () => (await board.total()) > total + 100)
    expect(await alight()).toBe(0)
  })

  it('brings cells up to date as they come into sight, and those that nobody sees, too', async () => {
    const { server, feeder } = await aLiveServer()
    const board = await aBoard(server)
    const last = board.page.locator('[data-id]').last()
    const id = (await last.getAttribute('data-id')) ?? ''
    await feeder.update(id)
    await eventually('its count is there', async () => (await board.count(id)) === 1)
    expect(await last.getAttribute('data-glow')).toBeNull()

    await last.scrollIntoViewIfNeeded()
    // A flash is short, and an update may come before the page knows that it was scrolled.
    let published = 1
    await eventually('it flashes', async () => {
      await feeder.update(id)
      published++
      return (await last.getAttribute('data-glow')) !== null
    })
    await eventually('all are counted', async () => (await board.count(id)) === published)
  })

  it('works by keyboard alone: find, move, open, close', async () => {
    const board = await aBoard(await aDemo())
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await board.page.keyboard.press(key)
    }

    await press('Tab', 'Tab', 'Tab')
    expect(await board.focused()).toBe('1F603')
    await press('ArrowRight', 'ArrowRight', 'ArrowLeft')
    expect(await board.focused()).toBe('1F604')
    await press('ArrowDown', 'ArrowUp', 'End', 'Home', 'ArrowUp', 'ArrowLeft')
    expect(await board.focused()).toBe('1F603')

    await press('ArrowRight', 'Enter')
    await board.details.getByRole('heading', { name: 'grinning face with smiling eyes' }).waitFor()
    expect(await board.focused()).toBeUndefined()
    await press('Escape')
    await board.details.waitFor({ state: 'hidden' })
    expect(await board.focused()).toBe('1F604')

    await board.page.getByRole('searchbox').fill('heart red')
    await board.page.getByText('1 found').waitFor({ state: 'attached' })
    await press('Tab')
    expect(await board.focused()).toBe('2764')
    await board.page.getByRole('searchbox').fill('no such emoji')
    await board.page.getByText('No emoji has all of these words').waitFor()
    await board.page.getByRole('searchbox').fill('')
    await board.page.getByText('No emoji has all of these words').waitFor({ state: 'hidden' })
    expect(board.faults).toEqual([])
  })

  it.each([360, 3840])('fits a screen of %i pixels', async (width) => {
    const { server } = await aServerWith(MANY, '1F603', 3, 'X'.repeat(128))
    const board = await aBoard(server, { viewport: { width, height: 740 } })
    expect(await board.overflow()).toBe(0)

    await board.cell('1F603').click()
    await board.details.waitFor()
    expect(await board.overflow()).toBe(0)
    const box = await board.details.boundingBox()
    expect(box?.width).toBeLessThanOrEqual(width)
    expect(board.faults).toEqual([])
  })

  it('follows the theme of the system while it is open', async () => {
    const board = await aBoard(await aDemo(), { colorScheme: 'light' })
    const paper = () => board.page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    expect(await paper()).toBe('rgb(246, 246, 243)')
    await board.page.emulateMedia({ colorScheme: 'dark' })
    expect(await paper()).toBe('rgb(15, 18, 19)')
  })
})
