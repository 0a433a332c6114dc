import { describe, expect, it } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { openClients } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilReady } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { isRunning, ServerProcess } from '../../support/servers/server-process.js'
import { aDoomedTeam, openByWorker } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const PATHS = ['/subscribe/eps', '/subscribe/raw', '/subscribe/details', '/subscribe?stream=eps&stream=raw']
const IN_ORDER = { code: 0, signal: null }

/** A team with streams of every kind on both workers, and data flowing. */
async function aBusyTeam(env: Record<string, string> = {}) {
  const { server, pids, feeder } = await aDoomedTeam(env)
  const clients = (
    await Promise.all(PATHS.map((path) => openClients(server, 10, { path, keepBody: true, keepBytes: Number.MAX_SAFE_INTEGER })))
  ).flat()
  expect([...(await openByWorker(server)).values()].every((open) => open > 0)).toBe(true)
  void feeder.run({ perSecond: 400, seconds: 60 })
  await Promise.all(clients.map((client) => client.until('data flows', ({ frames }) => frames > 3)))
  return { server, clients, pids, hasEnded: () => !pids.some(isRunning) }
}

/** The last bytes of every stream are its retry. */
async function expectOrderlyEnds(clients: readonly RawClient[]): Promise<void> {
  for (const client of clients) {
    expect(await client.ended).toEqual({ clean: true })
    // One at its opening, and one as its farewell.
    expect(client.blocks().filter(({ retry }) => retry !== undefined)).toEqual([client.blocks()[1], client.blocks().at(-1)])
  }
}

describe('a server with workers', () => {
  it('ends all streams in order on SIGTERM, then its workers, then itself with 0', async () => {
    const { server, clients, hasEnded } = await aBusyTeam()
    server.signal('SIGTERM')
    expect(await server.exited).toEqual(IN_ORDER)
    await expectOrderlyEnds(clients)
    expect(hasEnded()).toBe(true)
    expect(complaints(server)).toEqual([])
  })

  it.each(['the primary first', 'the workers first'])(
    'takes a SIGINT to all its processes, as a terminal sends it, for one (%s)',
    async (order) => {
      const { server, clients, pids, hasEnded } = await aBusyTeam({ DRAIN_S: '1' })
      const all = [server.pid, ...pids]
      for (const pid of order === 'the primary first' ? all : all.reverse()) process.kill(pid, 'SIGINT')
      expect(await server.exited).toEqual(IN_ORDER)
      await expectOrderlyEnds(clients)
      expect(hasEnded()).toBe(true)
    },
  )

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at once on a second signal, %s', async (signal) => {
    const { server, clients, hasEnded } = await aBusyTeam({ DRAIN_S: '3000' })
    server.signal('SIGTERM')
    await untilReady(server, false)
    server.signal(signal)
    const exit = await eventually('it ends', () => server.exited)
    // The process has ended the drain early, and by itself.
    expect(exit.signal).toBe(null)
    expect(exit.code).not.toBe(0)
    await eventually('its workers have ended', hasEnded)
    await Promise.all(clients.map(({ closed }) => closed))
  })

  it('has workers that stop in order by themselves when their primary is killed', async () => {
    const { server, clients, hasEnded } = await aBusyTeam()
    server.signal('SIGKILL')
    await server.exited
    await expectOrderlyEnds(clients)
    await eventually('the workers have ended', hasEnded)
  })

  it('has workers that finish their drain when their primary is killed meanwhile', async () => {
    const { server, clients, hasEnded } = await aBusyTeam({ DRAIN_S: '2' })
    server.signal('SIGTERM')
    await untilReady(server, false)
    server.signal('SIGKILL')
    await server.exited
    await expectOrderlyEnds(clients)
    await eventually('the workers have ended', hasEnded)
  })

  it('stops in order also when a worker is killed while it stops', async () => {
    const { server, clients, pids, hasEnded } = await aBusyTeam({ DRAIN_S: '2' })
    server.signal('SIGTERM')
    await untilReady(server, false)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    expect(await server.exited).toEqual(IN_ORDER)
    expect(hasEnded()).toBe(true)
    const ends = await Promise.all(clients.map(({ ended }) => ended))
    expect(new Set(ends.map(({ clean }) => clean))).toEqual(new Set([true, false]))
  })

  it('stops in order when the end of its workers and SIGTERM reach it in one turn', async () => {
    const { server, pids, hasEnded } = await aBusyTeam()
    // Its event loop stands still meanwhile.
    await server.pause()
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await eventually('the workers have ended', hasEnded)
    server.signal('SIGTERM')
    server.resume()
    expect(await server.exited).toEqual(IN_ORDER)
  })

  it('stops while a crashed worker waits for its restart, and does not start it', async () => {
    const { server, pids } = await aBusyTeam()
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await eventually('it is noticed', () => server.output.includes('worker exited unexpectedly'))
    server.signal('SIGTERM')
    expect(await server.exited).toEqual(IN_ORDER)
    expect(server.output.match(/worker exited unexpectedly/g)).toHaveLength(1)
  })
})

describe('a server that gets a signal while its workers start stops, without waiting until it has to kill them:', () => {
  it.each<[string, (server: ServerProcess) => boolean]>([
    ['they have hardly begun', (server) => server.workers().size === 2],
    ['they are about to listen', (server) => server.output.includes('writer chosen')],
  ])('%s', async (_when, isSoFar) => {
    const redis = `redis://127.0.0.1:${await freePort()}`
    const server = await ServerProcess.launch({ WORKERS: '2', REDIS_URL: redis, SHUTDOWN_TIMEOUT_MS: '3600000' })
    await eventually('they start', () => isSoFar(server), 20_000)
    expect(await server.stop()).toEqual(IN_ORDER)
  })
})
