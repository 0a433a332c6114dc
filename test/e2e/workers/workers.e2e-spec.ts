import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { statusOf } from '../../support/servers/probes.js'
import { complaints, logLines, writersOf } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { sharedTeam } from '../../support/servers/shared.js'
import { openByWorker, reports, untilOpen } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'

describe('two workers', () => {
  const team = sharedTeam()

  it('are two nodes, which share the clients', async () => {
    const { server } = await team()
    await openClients(server, 40, { path: EPS })
    await untilOpen(server, 40)

    const nodes = await reports(server)
    expect(new Map([...nodes].map(([number, { node }]) => [number, node]))).toEqual(
      new Map([1, 2].map((number) => [number, `nest-development-team-worker.${number}`])),
    )
    for (const { connections_total, connections } of nodes.values()) {
      expect(connections_total).toBeGreaterThan(0)
      expect(connections).toHaveLength(connections_total)
    }
    expect([...server.workers().keys()].sort()).toEqual([1, 2])
    expect(new Set(writersOf(server)).size).toBe(1)
    expect(complaints(server)).toEqual([])
  })

  it('send everything to everybody: the sums are exact for the clients of both', async () => {
    const { server, feeder } = await team()
    const eps = await openClients(server, 40, { path: EPS })
    const raw = await openClients(server, 4, { path: '/subscribe/raw' })
    const details = await openClients(server, 4, { path: '/subscribe/details' })
    expect([...(await openByWorker(server)).values()].every((open) => open > 0)).toBe(true)

    await expectExactSums(eps, await feeder.run({ perSecond: 2000, seconds: 3 }), feeder)
    // And the last update that `expectExactSums` makes.
    for (const client of [...raw, ...details]) await client.until('every update', ({ frames }) => frames === 6001)
    expect(complaints(server)).toEqual([])
  })

  it('clean up as one: a POST to any of them closes the streams of its client on both', async () => {
    const { server } = await team()
    const scores = await openClients(server, 20, { path: EPS })
    const details = await openClients(server, 10, { path: '/subscribe/details/2665' })
    const others = await openClients(server, 5, { path: EPS, localAddress: '127.0.0.2' })
    const before = await openByWorker(server)
    expect([...before.values()].every((open) => open > 0)).toBe(true)

    expect(await cleanUp(server, 'scores')).toEqual({ status: 'OK', closed: scores.length })
    for (const client of scores) expect(await client.ended).toEqual({ clean: true })
    await untilOpen(server, details.length + others.length)
    expect(await cleanUp(server, 'details/2665')).toEqual({ status: 'OK', closed: details.length })
    for (const client of details) expect(await client.ended).toEqual({ clean: true })
    await untilOpen(server, others.length)
    expect(await cleanUp(server, 'scores')).toEqual({ status: 'OK', closed: 0 })
  })

  it('start once what there is once: the notice of the demo feed', async () => {
    const server = await aServer({ WORKERS: '2', HOST: '127.0.0.1' })
    const notices = () => server.output.split('\n').filter((line) => line.includes('demo feed'))
    await eventually('both serve', async () => (await reports(server, 2)).size === 2 && notices().length > 0)
    expect(notices()).toHaveLength(1)
  })
})

describe('WORKERS', () => {
  it('auto is one for each core', async () => {
    const server = await aServer({ WORKERS: 'auto' })
    const client = await openClient(server, { path: EPS })
    await client.until('a frame', ({ frames }) => frames > 0)
    const cores = availableParallelism()
    expect([...server.workers().keys()].sort()).toEqual(cores === 1 ? [] : Array.from({ length: cores }, (_, index) => index + 1).sort())
  })

  it('1 is the process itself, under its plain name', async () => {
    const server = await aServer({ WORKERS: '1', NODE_NAME: 'alone' })
    expect(server.workers().size).toBe(0)
    expect((await (await fetch(`${server.url}/admin/status.json`)).json()) as object).toMatchObject({ node: 'nest-development-alone' })
  })

  it.each(['0', 'x', '-1', '257'])('%s is refused by name', async (WORKERS) => {
    const { code, errors } = await ServerProcess.run({ WORKERS })
    expect(code).toBe(1)
    expect(errors).toMatch(/^emojitrack-streamer: [^\n]*WORKERS must be auto or a whole number from 1 to 256[^\n]*\n$/)
  })

  it('of a port that is in use end with 1, name the error, and are not started over', async () => {
    const first = await aServer({})
    const { code, errors, output } = await ServerProcess.run({ PORT: String(first.port), WORKERS: '2' })
    expect(code).toBe(1)
    expect(errors).toMatch(new RegExp(`^(emojitrack-streamer: [^\\n]*EADDRINUSE[^\\n]*${first.port}\\n)+$`))
    const started = logLines({ output }).filter(({ msg }) => msg === 'writer chosen')
    expect(started.length).toBeLessThanOrEqual(2)
    expect(await statusOf(first, '/health/live')).toBe(200)
  })
})

async function cleanUp(server: ServerProcess, what: string): Promise<unknown> {
  const answer = await fetch(`${server.url}/subscribe/cleanup/${what}`, { method: 'POST', headers: { connection: 'close' } })
  expect(answer.status).toBe(200)
  return await answer.json()
}
