import { execFile } from 'node:child_process'
import { createConnection, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { expectStream, refused } from '../../support/clients/refusals.js'
import { scrapeOf } from '../../support/metrics/scrape.js'
import { added, expectExactSums, expectSums } from '../../support/redis/exact-sums.js'
import { aClient, aConnection, aLiveServer, aServer, openClients } from '../../support/servers/fixtures.js'
import { statusOf, untilConnections, untilReady } from '../../support/servers/probes.js'
import { complaints, logLines } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { eventually } from '../../support/waiting/eventually.js'

const run = promisify(execFile)
const EPS = '/subscribe/eps'
const HALF_A_REQUEST = 'GET / HTTP/1.1\r\nHost: here\r\nX-Slow: '
const MADE_ROOM = 'connections without a stream were closed to make room'
/** The descriptors that no connection takes, less what the server itself uses: some 30, and a connection for a moment. */
const ALWAYS_FREE = 128 - 48

const rejected = async (server: ServerProcess, reason: string) =>
  (await scrapeOf(server)).value('emojitrack_requests_rejected_total', { reason })

/** slowhttptest in one of its modes: `connections` in all, so many of them a second, for some seconds. */
const slowhttptest = ({ url }: ServerProcess, mode: string, connections: number, perSecond: number, seconds: number, path = '/') =>
  run('slowhttptest', [mode, '-c', `${connections}`, '-r', `${perSecond}`, '-l', `${seconds}`, '-i', '2', '-p', '5', '-u', url + path])

/** Asks for health, over a new connection each time, until the work is done; returns the statuses, and the most descriptors seen. */
async function healthDuring(server: ServerProcess, work: Promise<unknown>): Promise<{ statuses: Set<number>; fds: number }> {
  const statuses = new Set<number>()
  let fds = 0
  let isOver = false
  const end = work.finally(() => {
    isOver = true
  })
  while (!isOver) {
    statuses.add(await statusOf(server, '/health/live'))
    fds = Math.max(fds, server.fdCount())
    await delay(50)
  }
  await end
  return { statuses, fds }
}

/** Holds so many connections with half a request each, and opens another one for each that is closed. */
function holdSlots({ port }: ServerProcess, count: number): void {
  const sockets = new Set<Socket>()
  let isOver = false
  const open = () => {
    if (isOver) return
    const socket = createConnection({ port, host: '127.0.0.1' })
    sockets.add(socket)
    socket.on('connect', () => socket.write(HALF_A_REQUEST))
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket)
        setTimeout(open, 50)
      })
  }
  onTestFinished(() => {
    isOver = true
    for (const socket of sockets) socket.destroy()
  })
  for (let n = 0; n < count; n++) open()
}

it('1,024 descriptors: attacks without a stream disturb neither streams nor health nor a reconnect to Redis', async () => {
  const { redis, server, feeder } = await aLiveServer({}, {}, 1024)
  const others = await openClients(server, 12, { path: EPS })
  const commands = aConnection(redis.url)
  const idleFds = server.fdCount()

  // Answers that nobody reads, 24,000 of them.
  const rss = server.rssBytes()
  const request = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n'.repeat(2000)
  const greedy = await Promise.all(Array.from({ length: 12 }, () => aClient(server, { path: '/', request, paused: true })))
  expect(await statusOf(server, '/health/live')).toBe(200)
  await eventually('their connections are closed', async () => (await rejected(server, 'pipelined')) === greedy.length)
  expect(server.rssBytes() - rss).toBeLessThan(100_000_000)
  for (const client of greedy) client.close()

  // More connections with half a request than there are descriptors.
  const published = feeder.run({ perSecond: 400, seconds: 5 })
  const seen = await healthDuring(server, slowhttptest(server, '-H', 1500, 400, 5))
  expect([...seen.statuses]).toEqual([200])
  expect(seen.fds).toBeLessThan(1024 - ALWAYS_FREE)
  await expectSums(others, await published)
  expect(await rejected(server, 'no-room')).toBeGreaterThan(0)
  expect(logLines(server).filter(({ msg }) => msg === MADE_ROOM)).toHaveLength(1)

  // The same by a client that opens each connection again, while the link to Redis breaks.
  holdSlots(server, 1200)
  await eventually('all descriptors for connections are taken', () => server.fdCount() > 880)
  const reconnects = async () => (await scrapeOf(server)).value('emojitrack_ingest_reconnects_total')
  const before = await reconnects()
  await commands.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await eventually('the server is subscribed again', async () => (await reconnects()) > before)
  await untilReady(server, true)
  const more = await feeder.run({ perSecond: 400, seconds: 1 })
  await expectSums(others, added(await published, more))
  await untilConnections(server, others.length)
  expect(complaints(server).filter(({ msg }) => msg !== MADE_ROOM && !/Redis|connection/.test(String(msg)))).toEqual([])
  expect(server.fdCount()).toBeGreaterThan(idleFds)
})

it("slowhttptest's four modes at once leave nothing behind and disturb no stream", async () => {
  const { server, feeder } = await aLiveServer({ ANSWER_STALL_MS: '1000' })
  const others = await openClients(server, 5, { path: EPS })
  const fds = server.fdCount()
  const published = feeder.run({ perSecond: 400, seconds: 4 })
  const attacks = Promise.all([
    slowhttptest(server, '-H', 100, 100, 4),
    slowhttptest(server, '-B', 100, 100, 4, '/subscribe/cleanup/scores'),
    slowhttptest(server, '-R', 100, 100, 4),
    slowhttptest(server, '-X', 100, 100, 4, '/admin/status.json'),
  ])
  const { statuses } = await healthDuring(server, attacks)
  expect([...statuses]).toEqual([200])
  await expectExactSums(others, await published, feeder)
  await untilConnections(server, others.length)
  // The probe itself may hold one.
  await eventually('the file descriptors are back', () => server.fdCount() <= fds + 1)
  expect(complaints(server)).toEqual([])
})

it('256 descriptors: MAX_CONNECTIONS=0 lifts no bound of theirs, and running out of them is survived and logged', async () => {
  const { server, feeder } = await aLiveServer({ MAX_CONNECTIONS: '0' }, {}, 256)
  const streams = await openClients(server, 64, { path: EPS })
  expectStream(await refused(server, { path: EPS, headers: { Accept: 'text/event-stream' } }), [5000, 60_000])
  holdSlots(server, 150)
  await eventually('some are closed to make room', () => logLines(server).some(({ msg }) => msg === MADE_ROOM))
  await untilReady(server, true)
  expect(server.fdCount()).toBeLessThan(256 - ALWAYS_FREE)

  await run('prlimit', ['--pid', `${server.pid}`, '--nofile=20:'])
  const out = 'new connections fail: no file descriptor is left'
  await eventually('that is logged', () => logLines(server).some(({ msg }) => msg === out))
  await expect(statusOf(server, '/health/live')).rejects.toThrow()
  await expectExactSums(streams, await feeder.run({ perSecond: 400, seconds: 0.5 }), feeder)
  await run('prlimit', ['--pid', `${server.pid}`, '--nofile=256:'])
  await eventually('health is back', async () => (await statusOf(server, '/health/live')) === 200)
  expect(logLines(server).filter(({ msg }) => msg === out)).toHaveLength(1)
})

it('256 descriptors for each of two workers: health gets in while others hold all of their connections', async () => {
  const server = await aServer({ WORKERS: '2', MAX_CONNECTIONS: '0' }, {}, 256)
  holdSlots(server, 400)
  const madeRoom = () => logLines(server).filter(({ msg }) => msg === MADE_ROOM).length
  await eventually('both workers have made room', () => madeRoom() === 2)
  let answers = 0
  for (let probe = 0; probe < 20; probe++) {
    // A probe may be closed while so many others knock.
    answers += await statusOf(server, '/health/live').then(
      (status) => Number(status === 200),
      () => 0,
    )
  }
  expect(answers).toBeGreaterThanOrEqual(15)
})
