import { describe, expect, it, onTestFinished } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { TcpProxy } from '../../support/proxies/tcp-proxy.js'
import { added, expectExactSums, expectSums } from '../../support/redis/exact-sums.js'
import { flood, rounds } from '../../support/redis/flood.js'
import { aClient, aLiveServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { connectionsTotal, openStreams, untilConnections } from '../../support/servers/probes.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedStack } from '../../support/servers/shared.js'

const PATH = '/subscribe/eps'
/** How many frames a client must have missed before it counts as skipped. */
const BEHIND = 20
const SOME = 10
/** Less than the 70 MB of frames that are published meanwhile. */
const MEMORY_CEILING = 40 * 1_048_576

const aStack = sharedStack()

describe('eps clients that do not keep up', () => {
  it('that never read cost the others nothing, and the server no memory', async () => {
    const { server, feeder } = await aStack()
    const readers = await openClients(server, 2, named('reader'))
    await stalledClients(server, SOME)
    const before = await flood(feeder, () => isBehind(server))
    await expectSums(readers, before)
    const rss = server.rssBytes()

    const after = await flood(feeder, rounds(120))
    await expectExactSums(readers, added(before, after), feeder)
    expect(server.rssBytes() - rss).toBeLessThan(MEMORY_CEILING)
    // Nothing is wrong with being far behind, for as long as EPS_STALL_MS.
    await untilConnections(server, 2 + SOME)
  })

  it('that never read are closed after EPS_STALL_MS', async () => {
    const { server, feeder } = await aLiveServer({ EPS_STALL_MS: '1500' })
    const reader = await openClient(server, { ...named('reader'), keepBody: false })
    const stalled = await stalledClients(server, SOME)
    const published = await flood(feeder, () => isBehind(server))
    await untilConnections(server, 1)
    await expectExactSums([reader], published, feeder)

    for (const client of stalled) client.resume()
    const ends = await Promise.all(stalled.map(({ ended }) => ended))
    // The server cuts them off instead of ending them in order: the missing frames never came.
    for (const { clean } of ends) expect(clean).toBe(false)
  })

  it('that pause under load get the exact sum when they read again, in fewer frames', async () => {
    const { server, feeder } = await aStack()
    const reader = await openClient(server, { ...named('reader'), keepBody: false })
    const sleeper = await openClient(server, { ...named('stalled'), keepBody: false })
    sleeper.pause()
    const before = await flood(feeder, () => isBehind(server))
    sleeper.resume()
    const after = await flood(feeder, rounds(10))

    await expectExactSums([reader, sleeper], added(before, after), feeder)
    expect(sleeper.frames).toBeLessThan(reader.frames)
  })

  it('that read 8 KB a second get the exact sum, in fewer frames', async () => {
    const { server, feeder } = await aStack()
    const link = await TcpProxy.start(server.port)
    onTestFinished(() => link.stop())
    const reader = await openClient(server, { ...named('reader'), keepBody: false })
    const slow = await openClient(link, { ...named('stalled'), keepBody: false })
    link.bytesPerSecond = 8192
    const published = await flood(feeder, () => isBehind(server))
    // The backlog on the way would take many minutes at that rate.
    link.bytesPerSecond = Number.POSITIVE_INFINITY

    await expectExactSums([reader, slow], published, feeder)
    expect(slow.frames).toBeLessThan(reader.frames)
  })
})

const named = (name: 'reader' | 'stalled') => ({ path: PATH, headers: { 'User-Agent': name } })

async function stalledClients(server: ServerProcess, count: number): Promise<RawClient[]> {
  const before = await connectionsTotal(server)
  const clients = await Promise.all(
    Array.from({ length: count }, () => aClient(server, { ...named('stalled'), paused: true, keepBody: false })),
  )
  await untilConnections(server, before + count)
  return clients
}

/** True when the server has had to skip every stalled client, since their kernels took no more. */
async function isBehind(server: ServerProcess): Promise<boolean> {
  const streams = await openStreams(server)
  const sent = (name: string) => streams.filter(({ user_agent }) => user_agent === name).map(({ msgs_sent }) => msgs_sent)
  return Math.max(...sent('stalled')) <= Math.min(...sent('reader')) - BEHIND
}
