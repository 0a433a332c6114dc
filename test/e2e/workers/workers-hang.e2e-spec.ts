import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RawClient } from '../../support/clients/raw-client.js'
import { parseScrape } from '../../support/metrics/scrape.js'
import { BLOCKING_PLUG_IN, blockLoop } from '../../support/plugins/blocked-loop.js'
import { added, expectExactSums, expectSums } from '../../support/redis/exact-sums.js'
import { openClients } from '../../support/servers/fixtures.js'
import type { LiveStack } from '../../support/servers/live-stack.js'
import { logLines } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { sharedTeam } from '../../support/servers/shared.js'
import { aDoomedTeam, aTeam, openByWorker, untilWorkerReady } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const CLIENTS = 10
/** Short enough for a test, and long for a worker that waits for its turn on a busy machine. */
const TIMEOUT_S = 3
/** The default is 20 s. */
const BUSY_MS = 5000

describe('two workers', () => {
  const team = sharedTeam({ WORKER_TIMEOUT_S: String(TIMEOUT_S), STREAMER_MODULES: BLOCKING_PLUG_IN })

  it.each<[string, (stack: LiveStack) => unknown]>([
    ['stopped (SIGSTOP)', ({ server }) => process.kill(pidOf(server, 1), 'SIGSTOP')],
    ['its event loop blocked without end', ({ server, feeder }) => blockLoop(server, feeder, 1)],
  ])('lose one that hangs, and get another in its place; the clients of the other lose nothing: %s', async (_how, hang) => {
    const stack = await team()
    const { server, feeder } = stack
    const errors = errorsOf(server).length
    const starts = startsOf(server, 1)
    const clients = await openClients(server, CLIENTS, { path: EPS })
    const open = await openByWorker(server)
    const lost = new Set<RawClient>()
    for (const client of clients) void client.ended.then(() => lost.add(client))
    const before = pidOf(server, 1)

    await hang(stack)
    const published = await feeder.run({ perSecond: 100, seconds: 1 })
    await eventually('its clients see their connection end', () => lost.size === open.get(1), 30_000)
    await untilWorkerReady(server, 1, starts + 1)
    expect(pidOf(server, 1)).not.toBe(before)
    const again = await openClients(server, CLIENTS, { path: EPS })
    await feeder.update('AGAIN')
    await Promise.all(again.map((client) => client.until('it streams again', ({ counts }) => counts.get('AGAIN') === 1)))
    const survivors = clients.filter((client) => !lost.has(client))
    await expectExactSums(survivors, added(published, new Map([['AGAIN', 1]])), feeder)
    expect(errorsOf(server).slice(errors)).toMatchObject([
      { msg: 'worker hangs, killing it', worker: 1, silentMs: (TIMEOUT_S + 1) * 1000, isListening: true, hangs: expect.any(Number) },
      { msg: 'worker exited unexpectedly, restarting', worker: 1, signal: 'SIGKILL' },
    ])
  })

  it('stream on and answer metrics and cleanups while their primary hangs, which kills none of them afterwards', async () => {
    const { server, feeder } = await team()
    const errors = errorsOf(server).length
    const clients = await openClients(server, CLIENTS, { path: EPS })
    const workers = server.workers()
    const connections = await keptConnections(server)
    await server.pause()
    // At once: the workers close an idle connection after some seconds.
    const running = feeder.run({ perSecond: 100, seconds: 1 })
    const scrapes = await Promise.all(connections.map((agent) => ask(server, agent, 'GET', '/metrics')))
    for (const { status, body } of scrapes) {
      expect(status).toBe(200)
      expect(parseScrape(body).value('emojitrack_workers_answered')).toBe(0)
    }
    const cleanups = await Promise.all(connections.map((agent) => ask(server, agent, 'POST', '/subscribe/cleanup/details/NONE')))
    expect(cleanups).toEqual(connections.map(() => ({ status: 200, body: '{"status":"OK","closed":0}' })))
    await expectSums(clients, await running)
    server.resume()
    await expectExactSums(clients, await running, feeder)
    // A primary that counted the time of its own pause would kill both by its next check.
    const seen = await eventually('both answer', async () => (await openByWorker(server)).size === 2 && server.workers())
    expect(seen).toEqual(workers)
    expect(errorsOf(server).slice(errors)).toEqual([])
  })
})

it('a worker whose event loop is blocked for 5 s is not killed, and its clients lose nothing', async () => {
  const { server, feeder } = await aTeam({ STREAMER_MODULES: BLOCKING_PLUG_IN })
  const clients = await openClients(server, CLIENTS, { path: EPS })
  const workers = server.workers()
  const release = await blockLoop(server, feeder, 1)
  const published = feeder.run({ perSecond: 100, seconds: 1 })
  await delay(BUSY_MS)
  release()
  await expectExactSums(clients, await published, feeder)
  expect(server.workers()).toEqual(workers)
  expect(errorsOf(server)).toEqual([])
})

it('a worker that drains answers metrics and cleanups for itself once its primary is gone', async () => {
  const { server } = await aDoomedTeam({ DRAIN_S: '3000', SHUTDOWN_TIMEOUT_MS: '3600000' })
  await openClients(server, CLIENTS, { path: EPS, localAddress: '127.0.0.2' })
  const mine = await openClients(server, CLIENTS, { path: '/subscribe/details/2665' })
  const [agent = expect.fail('no connection')] = await keptConnections(server)
  server.signal('SIGKILL')
  await server.exited
  const scrape = await eventually('it answers for itself', async () => {
    const { body } = await ask(server, agent, 'GET', '/metrics')
    return parseScrape(body).value('emojitrack_workers_answered') === 1 && parseScrape(body)
  })
  const cleanUp = await ask(server, agent, 'POST', '/subscribe/cleanup/details/2665')
  expect(JSON.parse(cleanUp.body)).toEqual({ status: 'OK', closed: expect.any(Number) })
  const { closed } = JSON.parse(cleanUp.body) as { closed: number }
  expect([closed > 0, closed < mine.length]).toEqual([true, true])
  expect(scrape.value('emojitrack_subscribers')).toBeGreaterThan(closed)
})

/** Connections that have carried a request: as many as workers, and one to each, since they are dealt out in turn. */
async function keptConnections(server: ServerProcess): Promise<Agent[]> {
  const agents = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })]
  onTestFinished(() => {
    for (const agent of agents) agent.destroy()
  })
  for (const agent of agents) await ask(server, agent, 'GET', '/health/live')
  return agents
}

async function ask(
  server: ServerProcess,
  agent: Agent,
  method: string,
  path: string,
): Promise<{ status: number | undefined; body: string }> {
  const sent = request(server.url + path, { agent, method }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, body: await text(answer) }
}

/** How often a worker has listened. */
const startsOf = (server: ServerProcess, number: number) =>
  logLines(server).filter(({ msg, node }) => msg === 'listening' && String(node).endsWith(`-worker.${number}`)).length

const ERROR = 50
const errorsOf = (server: ServerProcess) => logLines(server).filter(({ level }) => level >= ERROR)

const pidOf = (server: ServerProcess, number: number): number => {
  const pid = server.workers().get(number)
  if (pid === undefined) throw new Error(`no worker ${number}`)
  return pid
}
