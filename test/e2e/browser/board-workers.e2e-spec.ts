import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { BoardPage } from '../../support/pages/board-page.js'
import { launchChromium } from '../../support/pages/chromium.js'
import { added } from '../../support/redis/exact-sums.js'
import { aServer } from '../../support/servers/fixtures.js'
import { aTeam, openByWorker, untilWorkerReady } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const ENV = { DRAIN_S: '0' }
const MOST_BOARDS = 8

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

it('shows exactly what is published on boards of two workers, also after a restart', async () => {
  const { redis, server, feeder } = await aTeam(ENV)
  // Each in a browser context of its own: tabs of one would share a connection.
  const boards: BoardPage[] = []
  const isServedByBoth = async () => [...(await openByWorker(server)).values()].every((open) => open > 0)
  while (boards.length < MOST_BOARDS && !(await isServedByBoth())) {
    const board = await BoardPage.open(browser, server.url)
    onTestFinished(() => board[Symbol.asyncDispose]())
    boards.push(board)
  }
  expect(await isServedByBoth()).toBe(true)
  const untilAllShow = (counts: ReadonlyMap<string, number>) =>
    eventually('every board shows every count', async () => {
      for (const board of boards) expect(await board.counts()).toEqual(counts)
      return true
    })

  const first = await feeder.run({ perSecond: 2_000, seconds: 1 })
  await untilAllShow(first)

  await server.stop()
  for (const board of boards) await board.untilLost()
  await feeder.update('missed')
  const second = await aServer({ ...ENV, REDIS_URL: redis.url, NODE_NAME: 'team', WORKERS: '2', PORT: String(server.port) })
  for (const worker of [1, 2]) await untilWorkerReady(second, worker)
  for (const board of boards) await board.untilLive()
  const missed = new Map([['missed', 1]])
  await untilAllShow(added(first, missed))

  await untilAllShow(added(first, missed, await feeder.run({ perSecond: 2_000, seconds: 1 })))
  for (const board of boards) expect(board.foreign).toEqual([])
})
