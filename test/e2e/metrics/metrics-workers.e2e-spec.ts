import { describe, expect, it } from 'vitest'
import { promtool } from '../../support/metrics/promtool.js'
import { scrapeOf, scrapeText } from '../../support/metrics/scrape.js'
import { openClients } from '../../support/servers/fixtures.js'
import { aTeam, openByWorker, untilOpen, untilWorkerReady } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const CLIENTS = 20
const UPDATES = 30

describe('/metrics of two workers', () => {
  it('is that of both, whichever is asked, and promtool accepts it', async () => {
    const { server, feeder } = await aTeam()
    const eps = await openClients(server, CLIENTS, { path: '/subscribe/eps' })
    const raw = await openClients(server, 2, { path: '/subscribe/raw' })
    await untilOpen(server, CLIENTS + 2)
    for (let n = 0; n < UPDATES; n++) await feeder.update('2665')
    await Promise.all(eps.map((client) => client.until('all increments', ({ counts }) => counts.get('2665') === UPDATES)))
    await Promise.all(raw.map((client) => client.until('all frames', ({ frames }) => frames === UPDATES)))
    const open = await openByWorker(server)

    // Connections are dealt out in turn, so these are answered by both.
    for (const text of [await scrapeText(server), await scrapeText(server)]) {
      expect(promtool(['check', 'metrics'], text)).toEqual({ code: 0, said: '' })
    }
    const seen = await scrapeOf(server)
    expect(seen.value('emojitrack_workers')).toBe(2)
    expect(seen.value('emojitrack_workers_answered')).toBe(2)
    expect(seen.by('emojitrack_subscribers', 'kind')).toMatchObject({ eps: CLIENTS, raw: 2 })
    expect(seen.by('emojitrack_subscribers', 'worker')).toEqual({ 1: open.get(1), 2: open.get(2) })
    expect(seen.value('emojitrack_sent_frames_total')).toBe([...eps, ...raw].reduce((sum, { frames }) => sum + frames, 0))
    // Each worker reads Redis for itself.
    for (const worker of ['1', '2']) expect(seen.value('emojitrack_updates_received_total', { type: 'score', worker })).toBe(UPDATES)
    expect(seen.by('emojitrack_build_info', 'worker')).toEqual({ 1: 1, 2: 1 })
  })

  it('starts at 0 for a worker that crashed and was restarted, and continues for the other', async () => {
    const { server } = await aTeam()
    const clients = await openClients(server, CLIENTS, { path: '/subscribe/eps' })
    await untilOpen(server, CLIENTS)
    const before = await scrapeOf(server)
    const opened = before.by('emojitrack_subscribers_opened_total', 'worker')

    process.kill(server.workers().get(1) ?? 0, 'SIGKILL')
    const alone = await eventually('the other one answers alone', async () => {
      const scrape = await scrapeOf(server)
      return scrape.value('emojitrack_workers_answered') === 1 && scrape
    })
    expect(alone.value('emojitrack_workers')).toBe(2)
    expect(alone.by('emojitrack_subscribers_opened_total', 'worker')).toEqual({ 2: opened['2'] })

    await untilWorkerReady(server, 1, 2)
    const after = await scrapeOf(server)
    expect(after.value('emojitrack_workers_answered')).toBe(2)
    expect(after.by('emojitrack_subscribers_opened_total', 'worker')).toEqual({ 1: 0, 2: opened['2'] })
    for (const client of clients) client.close()
  })

  it('leaves out a worker that hangs, and says so', async () => {
    const { server } = await aTeam()
    const hung = server.workers().get(2) ?? 0
    process.kill(hung, 'SIGSTOP')
    try {
      const seen = await eventually('worker 1 answers', () => scrapeOf(server), 20_000)
      expect(seen.value('emojitrack_workers_answered')).toBe(1)
      expect(Object.keys(seen.by('emojitrack_subscribers', 'worker'))).toEqual(['1'])
    } finally {
      process.kill(hung, 'SIGCONT')
    }
  })
})
