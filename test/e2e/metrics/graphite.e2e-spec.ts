import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { CarbonServer } from '../../support/metrics/carbon-server.js'
import { aCarbon, aLiveServer, aServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { untilConnections } from '../../support/servers/probes.js'
import { complaints, logLines } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { aTeam } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const HOST = hostname().replaceAll('.', '_')
const STOP_MS = 3_000

/** Without the notice of the demo feed, which is no JSON. */
const warnings = (server: ServerProcess) => complaints(server).filter(({ context }) => context !== undefined)

/** Waits until the newest value that Carbon has stored under a path is this one. */
async function untilStored(carbon: CarbonServer, path: string, value: number): Promise<void> {
  const see = async () => {
    const last = (await carbon.points(path)).at(-1)
    if (last?.value !== value) throw new Error(`it is ${last?.value}`)
    return true
  }
  await eventually(`${path} is ${value}`, see, 20_000)
}

describe.each(['tcp', 'udp'])('Graphite over %s', (protocol) => {
  const envOf = (carbon: CarbonServer) => ({ GRAPHITE_URL: `${protocol}://127.0.0.1:${carbon.port}`, GRAPHITE_MS: '1000' })

  it('stores the clients of each kind: a multiplexed one once in each kind that it holds', async () => {
    const carbon = await aCarbon()
    const { server } = await aLiveServer({ ...envOf(carbon), GRAPHITE_PREFIX: 'servers.streamer', DYNO: 'web.1' })
    const of = (kind: string) => `servers.streamer.web.1.stream.${kind}.clients`
    await untilStored(carbon, of('raw'), 0)

    const clients = await openClients(server, 2, { path: EPS })
    clients.push(await openClient(server, { path: '/subscribe/raw' }))
    clients.push(await openClient(server, { path: '/subscribe/details' }))
    clients.push(await openClient(server, { path: '/subscribe?stream=eps&stream=details/2665&stream=details/1F602' }))
    for (const [kind, count] of [
      ['raw', 1],
      ['eps', 3],
      ['detail', 2],
    ] as const)
      await untilStored(carbon, of(kind), count)

    for (const client of clients) client.close()
    for (const kind of ['raw', 'eps', 'detail']) await untilStored(carbon, of(kind), 0)
    expect(warnings(server)).toEqual([])
  })

  it('stores what came in and went out, at the time of each report', async () => {
    const startedAtS = Math.floor(Date.now() / 1000)
    const carbon = await aCarbon()
    const { server, feeder } = await aLiveServer(envOf(carbon))
    const client = await openClient(server, { path: '/subscribe/raw' })
    for (let n = 0; n < 7; n++) await feeder.update('2665')
    await client.until('every update', ({ frames }) => frames === 7)

    const of = (name: string) => `emojitrack.${HOST}.${name}`
    await untilStored(carbon, of('ingest.updates'), 7)
    await untilStored(carbon, of('ingest.ready'), 1)
    await untilStored(carbon, of('stream.open'), 1)
    await untilStored(carbon, of('stream.frames'), 7)
    await untilStored(carbon, of('handlers.failed'), 0)
    expect((await carbon.points(of('process.rss_bytes'))).at(-1)?.value).toBeGreaterThan(10_000_000)
    const uptime = await eventually('three reports', async () => {
      const points = await carbon.points(of('process.uptime_s'))
      return points.length >= 3 && points
    })
    const times = uptime.map(({ atS }) => atS)
    expect(times.every((atS) => atS >= startedAtS && atS <= Date.now() / 1000)).toBe(true)
  })

  it('gets a last report when the server stops: nobody is connected any more', async () => {
    const carbon = await aCarbon()
    const server = await ServerProcess.start({ ...envOf(carbon), GRAPHITE_PREFIX: 'p', DYNO: 'd' })
    await openClients(server, 3, { path: EPS })
    await untilStored(carbon, 'p.d.stream.eps.clients', 3)

    const before = performance.now()
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - before).toBeLessThan(STOP_MS)
    await untilStored(carbon, 'p.d.stream.eps.clients', 0)
    expect(warnings(server)).toEqual([])
  })
})

it('counts raw clients, 0, where the raw stream is switched off', async () => {
  const carbon = await aCarbon()
  await aServer({ GRAPHITE_URL: `tcp://localhost:${carbon.port}`, GRAPHITE_MS: '1000', ENABLE_RAW_STREAM: 'false' })
  await untilStored(carbon, `emojitrack.${HOST}.stream.raw.clients`, 0)
})

it('stores under the key, which is in no line of the log, whatever happens', async () => {
  const key = 's3cr3t-key'
  const carbon = await aCarbon()
  const server = await aServer({
    ...{ GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`, GRAPHITE_MS: '1000', HOSTEDGRAPHITE_APIKEY: key },
    ...{ GRAPHITE_PREFIX: 'unused', DYNO: 'web.1', LOG_LEVEL: 'trace' },
  })
  await untilStored(carbon, `${key}.web.1.stream.eps.clients`, 0)
  await carbon.kill()
  await eventually('a warning', () => warnings(server).length > 0)
  await server.stop()
  expect(server.output).toContain('reporting to Graphite')
  expect(server.output).not.toContain(key)
})

it.each([{}, { HOSTEDGRAPHITE_APIKEY: 'key' }, { GRAPHITE_PREFIX: 'p' }])('is off in development with %o', async (env) => {
  const server = await aServer({ ...env, LOG_LEVEL: 'debug' })
  expect(server.output).not.toContain('Graphite')
})

it('distinguishes workers: both report, and their clients add up', async () => {
  const carbon = await aCarbon()
  const { server } = await aTeam({
    GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`,
    GRAPHITE_MS: '1000',
    GRAPHITE_PREFIX: 'p',
    DYNO: 'web.1',
  })
  await openClients(server, 10, { path: EPS })

  const lastOf = async (worker: number) => (await carbon.points(`p.web.1.worker-${worker}.stream.eps.clients`)).at(-1)?.value ?? 0
  await eventually(
    'all clients are stored',
    async () => {
      const [first, second] = [await lastOf(1), await lastOf(2)]
      return first > 0 && second > 0 && first + second === 10
    },
    20_000,
  )
  expect(logLines(server).filter(({ msg }) => msg === 'reporting to Graphite')).toHaveLength(2)
})

it('loses no report over TCP while Carbon is away for a moment', async () => {
  const carbon = await aCarbon()
  const server = await aServer({ GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`, GRAPHITE_MS: '1000', GRAPHITE_PREFIX: 'p', DYNO: 'd' })
  await untilStored(carbon, 'p.d.reports.failed', 0)
  const before = (await carbon.points('p.d.stream.open')).length

  await carbon.kill()
  await eventually('a warning', () => warnings(server).length > 0)
  await untilConnections(server, 0)
  await carbon.restart()
  await eventually('a recovery', () => logLines(server).some(({ msg }) => msg === 'Graphite takes reports again'), 30_000)

  const failed = await eventually('the failures are stored', async () => (await carbon.points('p.d.reports.failed')).at(-1)?.value)
  expect(failed).toBeGreaterThan(0)
  expect((await carbon.points('p.d.reports.dropped')).at(-1)?.value).toBe(0)
  // There is one report a second, although two may share a second; a gap in the times would be a lost report.
  const times = (await carbon.points('p.d.stream.open')).map(({ atS }) => atS)
  expect(times.length).toBeGreaterThan(before)
  expect(Math.max(...times.slice(1).map((atS, index) => atS - (times[index] ?? 0)))).toBeLessThanOrEqual(2)
  expect(warnings(server)).toMatchObject([{ msg: 'Graphite takes no reports', context: 'GraphiteMetrics' }])
}, 90_000)
