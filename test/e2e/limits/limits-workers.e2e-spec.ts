import { describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { expectError, letIn, refused } from '../../support/clients/refusals.js'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { aClient, openClient } from '../../support/servers/fixtures.js'
import { statusOf } from '../../support/servers/probes.js'
import { aTeam, openByWorker, untilOpen } from '../../support/servers/team.js'

const EPS = '/subscribe/eps'

describe('two workers', () => {
  it('count as one: the bound is that of all', async () => {
    const { server } = await aTeam({ MAX_CONNECTIONS: '7' })
    const clients: RawClient[] = []
    for (let n = 0; n < 7; n++) clients.push(await letIn(server, { path: EPS }))
    expect([...(await openByWorker(server)).values()].every((open) => open > 0)).toBe(true)
    for (let n = 0; n < 6; n++) expectError(await refused(server, { path: EPS }), 503)
    expect((await scrapeOf(server)).value('emojitrack_connections_refused_total', { reason: 'full' })).toBeGreaterThanOrEqual(6)
    expect(await statusOf(server, '/health/ready')).toBe(200)
    clients[0]?.close()
    await untilOpen(server, 6)
    await letIn(server, { path: EPS })
    for (let n = 0; n < 4; n++) expectError(await refused(server, { path: EPS }), 503)
  })

  it('count an address as one', async () => {
    const { server } = await aTeam({ MAX_CONNECTIONS_PER_IP: '4' })
    for (let n = 0; n < 4; n++) await letIn(server, { path: EPS, localAddress: '127.0.0.2' })
    for (let n = 0; n < 4; n++) expectError(await refused(server, { path: EPS, localAddress: '127.0.0.2' }), 429)
    await openClient(server, { path: EPS, localAddress: '127.0.0.3' })
  })

  it('share the rate', async () => {
    const perSecond = 10
    const { server } = await aTeam({ MAX_CONNECTS_PER_S: String(perSecond) })
    const startMs = performance.now()
    const asked = await Promise.all(Array.from({ length: 5 * perSecond }, () => aClient(server, { path: EPS })))
    await Promise.all(asked.map((client) => client.until('an answer', ({ head }) => head)))
    const seconds = (performance.now() - startMs) / 1000
    const open = asked.filter(({ head }) => head?.status === 200).length
    // Each worker has its part, rounded up to whole streams, and gets more as time goes by.
    expect(open).toBeGreaterThanOrEqual(perSecond)
    expect(open).toBeLessThanOrEqual(Math.ceil(perSecond * (1 + seconds)) + 2)
    await untilOpen(server, open)
  })

  it('forget the streams of a worker that has crashed, and inform the new one about the others', async () => {
    const { server } = await aTeam({ MAX_CONNECTIONS: '6' })
    for (let n = 0; n < 6; n++) await letIn(server, { path: EPS })
    const left = (await openByWorker(server)).get(2) ?? 0
    process.kill(server.workers().get(1) ?? 0, 'SIGKILL')
    await untilOpen(server, left)
    for (let n = left; n < 6; n++) await letIn(server, { path: EPS })
    await untilOpen(server, 6)
    for (let n = 0; n < 4; n++) expectError(await refused(server, { path: EPS }), 503)
  })
})
