import { describe, expect, it, onTestFinished } from 'vitest'
import { EventSourceClient } from '../../support/clients/event-source-client.js'
import type { RawClient } from '../../support/clients/raw-client.js'
import { UndiciClient } from '../../support/clients/undici-client.js'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { flood } from '../../support/redis/flood.js'
import { aClient, aLiveServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { openStreams, statusOf, untilConnections, untilReady } from '../../support/servers/probes.js'
import { complaints } from '../../support/servers/server-log.js'
import { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'
import { openingOf } from '../../support/wire/opening.js'

const EPS = '/subscribe/eps'
const PATHS = [EPS, '/subscribe/raw', '/subscribe/details', '/subscribe/details/1F602', '/subscribe?stream=eps&stream=raw']

describe.each(['SIGTERM', 'SIGINT'] as const)('on %s', (signal) => {
  it('every stream of every kind ends in order, with a retry:, and the process ends with 0', async () => {
    const { server, feeder } = await aLiveServer()
    const raw = (
      await Promise.all(PATHS.map((path) => openClients(server, 10, { path, keepBytes: Number.MAX_SAFE_INTEGER, keepBody: true })))
    ).flat()
    const old = await openClients(server, 10, { path: EPS, httpVersion: '1.0', keepBody: true })
    const undici = Array.from({ length: 20 }, (_, index) => new UndiciClient(server.url + (PATHS[index % PATHS.length] ?? EPS)))
    const sources = Array.from({ length: 20 }, () => new EventSourceClient(server.url + EPS))
    onTestFinished(() => {
      for (const client of [...undici, ...sources]) client.close()
    })
    await Promise.all([...undici, ...sources].map(({ opened }) => opened))
    await untilConnections(server, 100)
    void feeder.run({ perSecond: 400, seconds: 60 })
    await raw[0]?.until('data flows', ({ frames }) => frames > 5)

    server.signal(signal)
    expect(await server.exited).toEqual({ code: 0, signal: null })
    for (const client of [...raw, ...old]) {
      expect(await client.ended).toEqual({ clean: true })
      expectRetry(client)
    }
    expect(new Set([...raw, ...old].map((client) => retryOf(client))).size).toBeGreaterThan(10)
    for (const { ended } of undici) expect(await ended).toEqual({ clean: true })
    for (const { opens, errors, dead } of sources) {
      expect([opens, dead]).toEqual([1, false])
      expect(errors.join()).not.toMatch(/reset/i)
    }
    expect(complaints(server)).toEqual([])
  })
})

describe('while a server drains', () => {
  it('it is live but not ready, streams on, ends its streams one after the other, and resets new clients', async () => {
    const { server, feeder } = await aLiveServer({ DRAIN_S: '4' })
    const clients = await openClients(server, 100, { path: EPS, keepBody: true })
    let ended = 0
    for (const client of clients) void client.ended.then(() => ended++)
    server.signal('SIGTERM')
    await untilReady(server, false)
    expect(await statusOf(server, '/health/live')).toBe(200)

    await eventually('a first stream has ended', () => ended > 0)
    await expectSomeReceive('EARLY')
    for (const path of PATHS) {
      const late = await aClient(server, { path, headers: { Accept: 'text/event-stream' } })
      expect(await late.ended).toEqual({ clean: false, error: expect.stringContaining('ECONNRESET') })
      expect(late.received).toHaveLength(0)
    }
    expect((await scrapeOf(server)).by('emojitrack_connections_refused_total', 'reason')['draining']).toBe(PATHS.length)
    expect(await statusOf(server, '/admin/status.json')).toBe(200)
    await eventually('half of the streams have ended', () => ended >= clients.length / 2)
    await expectSomeReceive('HALFWAY')

    expect(await server.exited).toEqual({ code: 0, signal: null })
    for (const client of clients) {
      expect(await client.ended).toEqual({ clean: true })
      expectRetry(client)
    }

    async function expectSomeReceive(id: string): Promise<void> {
      await feeder.update(id)
      await eventually(`somebody receives ${id}`, () => clients.some(({ counts }) => counts.has(id)))
    }
  })

  it('it refuses new clients in order with DRAIN_REFUSE=retry', async () => {
    const { server } = await aLiveServer({ DRAIN_S: '3000', DRAIN_REFUSE: 'retry' })
    const stays = await openClient(server, { path: EPS })
    server.signal('SIGTERM')
    await untilReady(server, false)
    const late = await aClient(server, { path: EPS, headers: { Accept: 'text/event-stream' } })
    expect(await late.ended).toEqual({ clean: true })
    expect([late.head?.status, late.head?.headers.get('connection')]).toEqual([200, 'close'])
    expect(late.body).toMatch(/^retry:\d{4,5}\n\n$/)
    const other = await aClient(server, { path: EPS })
    expect(await other.ended).toEqual({ clean: true })
    expect([other.head?.status, other.head?.headers.get('connection')]).toEqual([503, 'close'])
    expect(Number(other.head?.headers.get('retry-after'))).toBeGreaterThanOrEqual(5)
    await Promise.all([late.closed, other.closed])
    stays.close()
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('a second signal, %s, ends it at once', async (signal) => {
    const server = await ServerProcess.start({ DRAIN_S: '3000' })
    onTestFinished(async () => void (await server.stop()))
    await openClients(server, 10, { path: EPS })
    server.signal('SIGTERM')
    await untilReady(server, false)
    server.signal(signal)
    const exit = await eventually('it ends', () => server.exited)
    // The process has ended the drain early, and by itself.
    expect(exit.signal).toBe(null)
    expect(exit.code).not.toBe(0)
  })
})

describe('a drain', () => {
  it('is over when nobody is left, long before its time', async () => {
    const { server } = await aLiveServer({ DRAIN_S: '3000' })
    const clients = await openClients(server, 3, { path: EPS })
    server.signal('SIGTERM')
    await untilReady(server, false)
    for (const client of clients) client.close()
    expect(await eventually('it ends', () => server.exited)).toEqual({ code: 0, signal: null })
  })

  it('does not begin where nobody is', async () => {
    const { server } = await aLiveServer({ DRAIN_S: '3000' })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it.each(['0', '1'])('of %s s sends what has come before the signal, and the farewell after it', async (DRAIN_S) => {
    const { server, feeder } = await aLiveServer({ DRAIN_S })
    const clients = await openClients(server, 300, { path: EPS, keepBody: true })
    for (let n = 0; n < 50; n++) void feeder.update('LAST')
    await feeder.update('LAST')
    server.signal('SIGTERM')
    expect(await server.exited).toEqual({ code: 0, signal: null })
    for (const client of clients) {
      expect(await client.ended).toEqual({ clean: true })
      expect(client.counts.get('LAST')).toBe(51)
      expectRetry(client)
    }
  })
})

describe('a stopping server is not held up', () => {
  it('by a client that has not read for long', async () => {
    const { server, feeder } = await aLiveServer({ SHUTDOWN_TIMEOUT_MS: '60000' })
    const reader = await openClient(server, { path: EPS })
    const stalled = await aClient(server, { path: EPS, paused: true, headers: { 'User-Agent': 'stalled' } })
    await untilConnections(server, 2)
    await flood(feeder, async () => {
      const sent = (await openStreams(server)).map(({ msgs_sent }) => msgs_sent)
      return Math.max(...sent) - Math.min(...sent) > 10
    })
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(await reader.ended).toEqual({ clean: true })
    stalled.resume()
    await stalled.closed
  })
})

const retryOf = (client: RawClient) => client.blocks().at(-1)?.retry

/** The stream got one retry at its opening and one as its farewell, and nothing after that. */
function expectRetry(client: RawClient): void {
  openingOf(client.body)
  expect(client.blocks().filter(({ retry }) => retry !== undefined)).toEqual([client.blocks()[1], client.blocks().at(-1)])
  expect(retryOf(client)).toBeGreaterThanOrEqual(300)
  expect(retryOf(client)).toBeLessThanOrEqual(2500)
}
