import { describe, expect, it } from 'vitest'
import { openClient } from '../support/fixtures.js'
import { statusOf } from '../support/probes.js'
import type { RawClient } from '../support/raw-client.js'
import { expectError, letIn, refused } from '../support/refusals.js'
import { aTeam, openByWorker, untilOpen } from '../support/team.js'

const EPS = '/subscribe/eps'

describe('two workers', () => {
  it('count as one: the bound is that of all', async () => {
    const { server } = await aTeam({ MAX_CONNECTIONS: '7' })
    const clients: RawClient[] = []
    for (let n = 0; n < 7; n++) clients.push(await letIn(server, { path: EPS }))
    expect([...(await openByWorker(server)).values()].every((open) => open > 0)).toBe(true)
    for (let n = 0; n < 6; n++) expectError(await refused(server, { path: EPS }), 503)
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

  it('forget the streams of one that has fallen, and tell the new one of the others', async () => {
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
