import { describe, expect, it } from 'vitest'
import { promtool } from '../../support/metrics/promtool.js'
import type { Scrape } from '../../support/metrics/scrape.js'
import { scrapeOf, scrapeText } from '../../support/metrics/scrape.js'
import { aLiveServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { untilConnections, untilHealthy } from '../../support/servers/probes.js'
import { eventually } from '../../support/waiting/eventually.js'

const UPDATES = 40
const IDS = 500

describe('/metrics', () => {
  it('is what promtool accepts without a word, in the content type of the text format', async () => {
    const { server, feeder } = await aLiveServer()
    const client = await openClient(server, { path: '/subscribe/eps' })
    await feeder.update('2665')
    await client.until('a frame', ({ frames }) => frames === 1)

    const answer = await fetch(`${server.url}/metrics`, { headers: { connection: 'close' } })

    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(promtool(['check', 'metrics'], await answer.text())).toEqual({ code: 0, said: '' })
  })

  it('counts exactly the subscribers, the updates received and the frames sent', async () => {
    const { server, feeder } = await aLiveServer({ HEARTBEAT_MS: '3600000' })
    const eps = await openClients(server, 3, { path: '/subscribe/eps' })
    const raw = await openClients(server, 2, { path: '/subscribe/raw' })
    const detail = await openClient(server, { path: '/subscribe/details/2665' })
    const before = await scrapeOf(server)
    expect(before.by('emojitrack_subscribers', 'kind')).toMatchObject({ eps: 3, raw: 2, detail: 1, details: 0, multiplexed: 0 })

    for (let n = 0; n < UPDATES; n++) await feeder.update('2665')
    await feeder.publish('stream.score_updates', '')
    await Promise.all(eps.map((client) => client.until('all increments', ({ counts }) => counts.get('2665') === UPDATES)))
    await Promise.all(raw.map((client) => client.until('all frames', ({ frames }) => frames === UPDATES)))
    await detail.until('all details', ({ frames }) => frames === UPDATES)
    await eventually(
      'the bad id has come',
      async () => (await scrapeOf(server)).by('emojitrack_updates_refused_total', 'reason')['empty'] === 1,
    )
    const seen = await scrapeOf(server)

    expect(seen.by('emojitrack_updates_received_total', 'type')).toEqual({ score: UPDATES, detail: UPDATES, interaction: 0 })
    expect(seen.value('emojitrack_updates_refused_total')).toBe(1)
    const frames = [...eps, ...raw, detail].reduce((sum, client) => sum + client.frames, 0)
    expect(seen.value('emojitrack_sent_frames_total')).toBe(frames)
    const flushes = eps[0]?.frames
    expect(seen.value('emojitrack_flush_lag_seconds_count')).toBe(flushes)
    expect(seen.value('emojitrack_broadcast_frames_total')).toBe(2 * UPDATES + (flushes ?? 0))
    expect(seen.value('emojitrack_sent_bytes_total')).toBe([...eps, ...raw, detail].reduce((sum, client) => sum + client.bytes, 0))

    for (const client of raw) client.close()
    await untilConnections(server, 4)
    await fetch(`${server.url}/subscribe/cleanup/scores`, { method: 'POST', headers: { connection: 'close' } })
    const after = await scrapeOf(server)
    expect(after.by('emojitrack_subscribers', 'kind')).toMatchObject({ eps: 0, raw: 0, detail: 1 })
    expect(after.by('emojitrack_subscribers_opened_total', 'kind')).toMatchObject({ eps: 3, raw: 2, detail: 1 })
    const closed = { client: 2, cleanup: 3, slow: 0, error: 0, shutdown: 0, expired: 0, reset: 0 }
    expect(after.by('emojitrack_subscribers_closed_total', 'reason')).toEqual(closed)
  })

  it(`has as many series with ${IDS} ids of details as with none`, async () => {
    const { server, feeder } = await aLiveServer()
    const before = await eventually('the first cut is made', async () => {
      const scrape = await scrapeOf(server)
      return scrape.by('emojitrack_cuts_total', 'outcome')['first'] === 1 && named(scrape)
    })

    for (let opened = 0; opened < IDS; opened += 100) {
      const ids = Array.from({ length: 100 }, (_, n) => `ID-${opened + n}`)
      await Promise.all(ids.map((id) => openClient(server, { path: `/subscribe/details/${id}`, keepBody: false })))
      await Promise.all(ids.map((id) => feeder.update(id)))
    }
    const seen = await eventually('all came in', async () => {
      const scrape = await scrapeOf(server)
      return scrape.by('emojitrack_updates_received_total', 'type')['detail'] === IDS && scrape
    })

    expect(seen.by('emojitrack_subscribers', 'kind')).toMatchObject({ detail: IDS })
    expect(named(seen)).toEqual(before)

    // So many updates have verified the positions of the node, and streams can resume.
    const shared = await eventually('positions are shared', async () => {
      const scrape = await scrapeOf(server)
      return scrape.value('emojitrack_positions_shared') === 1 && scrape
    })
    expect(shared.by('emojitrack_positions_info', 'mode')).toEqual({ shared: 1 })
    expect(shared.value('emojitrack_position')).toBe(IDS)
    const cuts = shared.by('emojitrack_cuts_total', 'outcome')
    expect(cuts).toMatchObject({ first: 1, agrees: 1, drift: 0, disagrees: 0, lost: 0, deaf: 0 })
    expect(shared.value('emojitrack_cut_duration_seconds_count')).toBe(Object.values(cuts).reduce((sum, count) => sum + count, 0))
    const { id } = (await (await fetch(`${server.url}/snapshot.json`)).json()) as { id: string }
    for (const lastId of [id, id, 'x', `anotherone-${IDS}`]) {
      await openClient(server, { path: '/subscribe/eps', headers: { 'Last-Event-ID': lastId } })
    }
    const resumed = { served: 2, unknown: 1, 'too-old': 0, ahead: 0, malformed: 1 }
    expect((await scrapeOf(server)).by('emojitrack_resumes_total', 'outcome')).toEqual(resumed)
  })

  it('shows when Redis is gone, for how long, and that it is back', async () => {
    const { redis, server } = await aLiveServer()
    const before = await scrapeOf(server)
    expect(before.value('emojitrack_ingest_ready')).toBe(1)
    expect(before.value('emojitrack_ingest_reconnects_total')).toBe(0)
    const missed = before.value('emojitrack_ingest_unready_seconds_total')

    await redis.kill()
    await untilHealthy(server, false)
    const gone = await eventually('the gap is 0.5 s long', async () => {
      const scrape = await scrapeOf(server)
      return scrape.value('emojitrack_ingest_unready_seconds_total') - missed > 0.5 && scrape
    })
    expect(gone.value('emojitrack_ingest_ready')).toBe(0)
    expect(gone.value('emojitrack_ingest_silence_seconds')).toBeGreaterThan(0.5)

    await redis.restart()
    await untilHealthy(server, true)
    const back = await scrapeOf(server)
    expect(back.value('emojitrack_ingest_ready')).toBe(1)
    expect(back.value('emojitrack_ingest_reconnects_total')).toBe(1)
    const gap = back.value('emojitrack_ingest_unready_seconds_total')
    expect((await scrapeOf(server)).value('emojitrack_ingest_unready_seconds_total')).toBe(gap)
  })

  it('is for the authorised only: 403 in production without a token, 401 without the one that is set', async () => {
    const closed = await aLiveServer({ NODE_ENV: 'production', DRAIN_S: '0' })
    expect((await fetch(`${closed.server.url}/metrics`, { headers: { connection: 'close' } })).status).toBe(403)
    const { server } = await aLiveServer({ ADMIN_TOKEN: 'a-token-for-tests' })
    await expect(scrapeText(server)).rejects.toThrow('401')
    const headers = { authorization: 'Bearer a-token-for-tests', connection: 'close' }
    expect((await fetch(`${server.url}/metrics`, { headers })).status).toBe(200)
  })
})

/**
 * The series without their values. The series of garbage collection appear with the first collection of each kind, so they are left out.
 * The one series of the mode and the epoch has other labels once positions are shared.
 */
const named = (scrape: Scrape) =>
  scrape
    .without(/^nodejs_gc_/)
    .series.map(({ name, labels }) => `${name}${JSON.stringify(name === 'emojitrack_positions_info' ? Object.keys(labels) : labels)}`)
