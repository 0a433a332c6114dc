import { describe, expect, it, onTestFinished } from 'vitest'
import { EventSourceClient } from '../../support/clients/event-source-client.js'
import type { RawClient } from '../../support/clients/raw-client.js'
import { expectError, expectStream, letIn, refused } from '../../support/clients/refusals.js'
import { UndiciClient } from '../../support/clients/undici-client.js'
import { expectExactSums } from '../../support/redis/exact-sums.js'
import { aClient, aLiveServer, aServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { connectionsTotal, statusOf, untilConnections } from '../../support/servers/probes.js'
import { logLines } from '../../support/servers/server-log.js'
import { aTeam } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const EPS = '/subscribe/eps'
const PATHS = [EPS, '/subscribe/raw', '/subscribe/details', '/subscribe/details/26', '/subscribe?stream=eps&stream=raw']
const AS_EVENT_SOURCE = { Accept: 'text/event-stream' }

describe('a server that is full', () => {
  it('refuses streams of every kind in a way that their clients understand, and answers everything else', async () => {
    const { server, feeder } = await aLiveServer({ MAX_CONNECTIONS: '5' })
    const clients = await openClients(server, 5, { path: EPS })
    for (const path of PATHS) {
      expectStream(await refused(server, { path, headers: AS_EVENT_SOURCE }), [5000, 60_000])
      expectStream(await refused(server, { path, headers: AS_EVENT_SOURCE, httpVersion: '1.0' }), [5000, 60_000])
      expectError(await refused(server, { path, headers: { Accept: '*/*' } }), 503)
      const head = await aClient(server, { path, method: 'HEAD' })
      await head.until('the head', ({ head }) => head?.status === 200 && head.headers.get('connection') === 'keep-alive')
    }
    // A path without a stream stays a 404.
    expect((await refused(server, { path: '/subscribe/nope', headers: { Connection: 'close' } })).head?.status).toBe(404)
    for (const path of ['/health', '/health/live', '/admin/status.json']) expect(await statusOf(server, path)).toBe(200)

    await expectExactSums(clients, await feeder.run({ perSecond: 400, seconds: 1 }), feeder)
    expect(await connectionsTotal(server)).toBe(5)
    clients[0]?.close()
    await letIn(server, { path: EPS })
    // One line for them all, so that a storm fills no log.
    expect(logLines(server).filter(({ msg }) => msg === 'streams refused')).toHaveLength(1)
  })

  it('gives each another delay before a reconnect, within REFUSE_RETRY_MS', async () => {
    const server = await aServer({ MAX_CONNECTIONS: '1', REFUSE_RETRY_MS: '100-100000' })
    await openClient(server, { path: EPS })
    const answers = await Promise.all(Array.from({ length: 50 }, () => refused(server, { path: EPS, headers: AS_EVENT_SOURCE })))
    for (const answer of answers) expectStream(answer, [100, 100_000])
    expect(new Set(answers.map(({ body }) => body)).size).toBeGreaterThan(40)
  })

  it.each([{}, { WORKERS: '2' }])('holds its bound in a storm, and serves on (%o)', async (workers) => {
    const bound = 100
    const { server, feeder } =
      'WORKERS' in workers ? await aTeam({ MAX_CONNECTIONS: String(bound) }) : await aLiveServer({ MAX_CONNECTIONS: String(bound) })
    const storm = await Promise.all(Array.from({ length: 1000 }, () => aClient(server, { path: EPS, headers: AS_EVENT_SOURCE })))
    await Promise.all(storm.map((client) => client.until('an answer', ({ body }) => body !== '')))
    const open = storm.filter(({ body }) => body.startsWith(':ok'))
    // Workers learn of each other a moment late; the tolerance allows for that (docs/decisions/0015-limits.md).
    expect(open.length).toBeGreaterThanOrEqual('WORKERS' in workers ? bound - 10 : bound)
    expect(open.length).toBeLessThanOrEqual('WORKERS' in workers ? bound + 20 : bound)
    for (const client of storm.filter((each) => !open.includes(each))) expectStream(client, [5000, 60_000])
    await expectExactSums(open, await feeder.run({ perSecond: 400, seconds: 1 }), feeder)
  })

  it('lets clients in again by themselves once there is room: eventsource and undici', async () => {
    const server = await aServer({ MAX_CONNECTIONS: '2', REFUSE_RETRY_MS: '100-300' })
    const holders = await openClients(server, 2, { path: EPS })
    const sources = Array.from({ length: 2 }, () => new EventSourceClient(server.url + EPS))
    onTestFinished(() => sources.forEach((source) => void source.close()))
    await eventually('they have come back in vain', () => sources.every(({ opens }) => opens > 3))
    expect(sources.map(({ frames, dead }) => [frames, dead])).toEqual([
      [0, false],
      [0, false],
    ])
    for (const holder of holders) holder.close()
    await eventually('they are let in', () => sources.every(({ frames }) => frames > 3))

    const undici = new UndiciClient(server.url + EPS, { keepBytes: 1000 })
    expect(await undici.ended).toEqual({ clean: true })
    expect([undici.status, undici.frames]).toEqual([200, 0])
    sources[0]?.close()
    const again = await eventually('undici is let in', async () => {
      const next = new UndiciClient(server.url + EPS)
      onTestFinished(() => next.close())
      await next.opened
      return eventually('data', () => next.frames > 0, 500)
    })
    expect(again).toBe(true)
  })
})

describe('one address', () => {
  const FROM = (localAddress: string) => ({ path: EPS, localAddress })

  it('that has too many streams gets no more, and others do', async () => {
    const server = await aServer({ MAX_CONNECTIONS_PER_IP: '3' })
    const mine = await openClients(server, 3, FROM('127.0.0.2'))
    expectStream(await refused(server, { ...FROM('127.0.0.2'), headers: AS_EVENT_SOURCE }), [5000, 60_000])
    expectError(await refused(server, FROM('127.0.0.2')), 429)
    await openClients(server, 3, FROM('127.0.0.3'))
    mine[0]?.close()
    await untilConnections(server, 5)
    await openClient(server, FROM('127.0.0.2'))
    expectError(await refused(server, FROM('127.0.0.2')), 429)
  })

  it('gives its places back however its streams end', async () => {
    const server = await aServer({ MAX_CONNECTIONS_PER_IP: '3', MAX_CONNECTIONS: '3' })
    for (const leave of [
      (client: RawClient) => client.close(),
      (client: RawClient) => client.reset(),
      (client: RawClient) => client.halfClose(),
    ]) {
      const clients = await openClients(server, 3, FROM('127.0.0.2'))
      expectError(await refused(server, FROM('127.0.0.3')), 503)
      for (const client of clients) leave(client)
      await untilConnections(server, 0)
    }
    // A request that never becomes a stream, because another request waits behind it, takes no place.
    const pipelined = `GET ${EPS} HTTP/1.1\r\nHost: here\r\n\r\n`.repeat(2)
    for (let n = 0; n < 10; n++) await (await aClient(server, { ...FROM('127.0.0.2'), request: pipelined })).closed
    await openClients(server, 3, FROM('127.0.0.2'))
  })

  it('is that of the client behind a trusted proxy, and IPv6 addresses of one /64 are one', async () => {
    const server = await aServer({ MAX_CONNECTIONS_PER_IP: '2', TRUST_PROXY: 'loopback' })
    const of = (address: string) => ({ path: EPS, headers: { 'X-Forwarded-For': address } })
    await openClient(server, of('2001:db8::1'))
    await openClient(server, of('2001:db8::2'))
    expectError(await refused(server, of('2001:db8::ffff:3')), 429)
    await openClients(server, 2, of('2001:db8:0:1::1'))
    await openClients(server, 2, of('192.0.2.1'))
    expectError(await refused(server, of('192.0.2.1')), 429)
  })
})

describe('a rate', () => {
  it('lets so many in at once, refuses the rest, and lets in again', async () => {
    const server = await aServer({ MAX_CONNECTS_PER_S: '5' })
    await openClients(server, 5, { path: EPS })
    expectError(await refused(server, { path: EPS }), 429)
    expectStream(await refused(server, { path: EPS, headers: AS_EVENT_SOURCE }), [5000, 60_000])
    await letIn(server, { path: EPS })
  })
})
