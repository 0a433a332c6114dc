import { describe, expect, it, onTestFinished } from 'vitest'
import { canBeFirst, FirstProcess } from '../../support/servers/first-process.js'
import { aClient, aRedis, aServer, openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilConnections, untilReady } from '../../support/servers/probes.js'
import { isRunning, ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const IN_ORDER = { code: 0, signal: null }

/** A plug-in that never finishes loading. */
const SLOW = {
  'slow.mjs': "setInterval(() => console.log('loading in ' + process.pid), 20); await new Promise(() => undefined)",
}

describe('a server stops in order', () => {
  it('with the demo feed', async () => {
    const server = await aServer({})
    const client = await openClient(server, { path: '/subscribe/eps' })
    expect(await server.stop()).toEqual(IN_ORDER)
    expect(await client.ended).toEqual({ clean: true })
  })

  it('while Redis has never been there', async () => {
    const server = await aServer({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` })
    const client = await openClient(server, { path: '/subscribe/eps' })
    expect(await server.stop()).toEqual(IN_ORDER)
    expect(await client.ended).toEqual({ clean: true })
  })

  it.each(['kill', 'pause'] as const)('after Redis has gone (%s)', async (how) => {
    const redis = await aRedis()
    const server = await aServer({ REDIS_URL: redis.url })
    await untilReady(server, true)
    const client = await openClient(server, { path: '/subscribe/eps' })
    await redis[how]()
    expect(await server.stop()).toEqual(IN_ORDER)
    expect(await client.ended).toEqual({ clean: true })
  })

  it.each([
    ['a connection that has asked for nothing', ''],
    ['half a request', 'GET /subscribe/eps HTTP/1.1\r\nHost: he'],
    ['half a body', 'POST /subscribe/eps HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('within SHUTDOWN_TIMEOUT_MS with %s open', async (_what, request) => {
    const server = await aServer({ SHUTDOWN_TIMEOUT_MS: '2000' })
    const stuck = await aClient(server, { request })
    const after = await openClient(server, { path: '/subscribe/eps' })
    await untilConnections(server, 1)
    expect(await server.stop()).toEqual(IN_ORDER)
    expect(await after.ended).toEqual({ clean: true })
    await stuck.closed
  })

  it('within SHUTDOWN_TIMEOUT_MS with an idle connection open that it has answered', async () => {
    const server = await aServer({ SHUTDOWN_TIMEOUT_MS: '2000' })
    const idle = await aClient(server, { path: '/health/live' })
    expect(await idle.ended).toEqual({ clean: true })
    expect(await server.stop()).toEqual(IN_ORDER)
    await idle.closed
  })
})

describe('a server that gets a signal while it starts', () => {
  it('ends at once when it has hardly begun', async () => {
    const server = await launch()
    expectEnd(await server.stop())
  })

  it('ends when it is about to listen', async () => {
    const server = await launch()
    await eventually('the modules are up', () => server.output.includes('ingest changed'), 20_000)
    expectEnd(await server.stop())
  })

  it.runIf(canBeFirst).each(['SIGTERM', 'SIGINT'] as const)('ends with 0 as process 1 while a plug-in loads, on %s', async (signal) => {
    const server = await FirstProcess.launch({ PORT: String(await freePort()), STREAMER_MODULES: './slow.mjs' }, SLOW)
    onTestFinished(() => server.kill())
    await eventually('the plug-in loads', () => server.output.includes('loading'), 20_000)
    await server.signal(signal)
    expect(await eventually('it ends', () => server.exited)).toEqual(IN_ORDER)
  })

  it('obeys its primary alone as a worker, also while a plug-in loads', async () => {
    const server = await ServerProcess.launch({ STREAMER_MODULES: './slow.mjs', WORKERS: '2' }, SLOW)
    onTestFinished(async () => void (await server.stop()))
    await eventually(
      'both workers load',
      () => [...server.workers().values()].filter((pid) => server.output.includes(`loading in ${pid}\n`)).length === 2,
      20_000,
    )
    const workers = [...server.workers().values()]
    for (const pid of workers) {
      const turns = () => server.output.split(`loading in ${pid}\n`).length
      const before = turns()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(pid, signal)
      await eventually('its event loop has turned since', () => turns() > before + 1)
    }
    expect(workers.every(isRunning)).toBe(true)
    expect(await server.stop()).toEqual(IN_ORDER)
  })

  async function launch(): Promise<ServerProcess> {
    const server = await ServerProcess.launch({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` })
    onTestFinished(async () => void (await server.stop()))
    return server
  }

  /** In order, or by the signal itself as long as there is nothing that an order could matter to. */
  function expectEnd(exit: Awaited<ServerProcess['exited']>): void {
    expect([IN_ORDER, { code: null, signal: 'SIGTERM' }]).toContainEqual(exit)
  }
})
