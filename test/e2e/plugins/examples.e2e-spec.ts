import { beforeAll, describe, expect, it } from 'vitest'
import type { TotalsDocument } from '../../../examples/totals/src/running-totals.js'
import type { Mover } from '../../../examples/trending/src/movers.js'
import { aJsonSource } from '../../support/clients/json-source.js'
import { parseScrape } from '../../support/metrics/scrape.js'
import { builtExample, exampleFolder, runScript } from '../../support/plugins/example.js'
import { aLiveServer, aServer } from '../../support/servers/fixtures.js'
import { complaints } from '../../support/servers/server-log.js'
import { aTeam, openByWorker } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

describe('each example', () => {
  it.each(['starter', 'totals', 'trending', 'webhook-ingest'])('%s is a package of its own, which passes its own tests', async (name) => {
    expect(await runScript(exampleFolder(name), 'test')).toMatch(/Tests +\d+ passed \(\d+\)/)
  })
})

describe('trending', () => {
  let STREAMER_MODULES: string

  beforeAll(async () => {
    STREAMER_MODULES = await builtExample('trending')
  })

  const movers = (url: string) =>
    aJsonSource(`${url}/subscribe/trending`, (document) => document as { readonly window_s: number; readonly top: readonly Mover[] })

  it('sends the movers when they change, and the present ones at once to a new client', async () => {
    const { server, feeder } = await aLiveServer({ STREAMER_MODULES })
    const first = await movers(server.url)
    await eventually('the empty list', () => first.messages.length > 0)
    expect(first.messages).toEqual([{ window_s: 60, top: [] }])

    for (const id of ['1F602', '2665', '1F602', '1F602']) await feeder.update(id)
    const top = [
      { id: '1F602', count: 3, before: 0, rise: 3 },
      { id: '2665', count: 1, before: 0, rise: 1 },
    ]
    await eventually('the movers', () => first.latest?.top[0]?.count === 3 && first.latest.top.length === 2)
    expect(first.latest).toEqual({ window_s: 60, top })

    const second = await movers(server.url)
    await eventually('the present ones', () => second.messages.length > 0)
    expect(second.messages).toEqual([{ window_s: 60, top }])
    const scrape = await (await fetch(`${server.url}/metrics`)).text()
    expect(scrape).toContain('\ntrending_updates_ignored_total 0\n')
    expect(complaints(server)).toEqual([])
  })

  it('runs on the demo feed as well, beside eps on one connection', async () => {
    const server = await aServer({ STREAMER_MODULES })
    const { body } = await fetch(`${server.url}/subscribe?stream=trending&stream=eps`)
    let text = ''
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      if (/event:trending\ndata:\{"window_s":60,"top":\[\{/.test(text) && text.includes('event:eps\n')) return
    }
    expect.fail(`the stream has ended: ${text}`)
  })
})

describe('totals', () => {
  it('are exact on every worker, and complete at once for a new client', async () => {
    const { server, feeder } = await aTeam({ STREAMER_MODULES: await builtExample('totals') })
    const totals = () => aJsonSource(`${server.url}/subscribe/totals`, (document) => document as TotalsDocument)
    const early = await Promise.all(Array.from({ length: 6 }, totals))
    expect([...(await openByWorker(server)).values()].every((open) => open > 0)).toBe(true)

    const published = await feeder.run({ perSecond: 1000, seconds: 2.5 })
    for (const source of early) await eventually('all updates', () => source.latest?.updates === 2500)
    const late = await Promise.all(Array.from({ length: 6 }, totals))
    for (const source of late) await eventually('the present totals', () => source.messages.length > 0)

    for (const { totals: each, other } of [...early.map(({ latest }) => latest), ...late.map(({ messages }) => messages[0])].filter(
      isThere,
    )) {
      expect(new Map(Object.entries(each))).toEqual(published)
      expect(other).toBe(0)
    }
    const scrape = parseScrape(await (await fetch(`${server.url}/metrics`)).text())
    expect(scrape.by('totals_updates_total', 'worker')).toEqual({ 1: 2500, 2: 2500 })
    expect(complaints(server)).toEqual([])
  })
})

const isThere = <T>(value: T | undefined): value is T => value !== undefined
