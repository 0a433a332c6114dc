import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { Child } from '../../support/servers/child.js'
import { aClient, aLiveServer, openClient, openClients } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { untilConnections } from '../../support/servers/probes.js'
import { type LogLine, logLines } from '../../support/servers/server-log.js'
import type { ServerProcess } from '../../support/servers/server-process.js'
import { aTeam } from '../../support/servers/team.js'
import { eventually } from '../../support/waiting/eventually.js'

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
const EPS = '/subscribe/eps'
/** Characters that HTTP allows in a header: a C1 control that starts a terminal's colours, a C1 control that ends a line, and a tab. */
const HOSTILE_AGENT = 'curl\u009b31m\u0085\tend'

const linesOf = (server: ServerProcess, msg: string): LogLine[] => logLines(server).filter((line) => line.msg === msg)

it('logs at debug every stream that opens and closes, HEAD and cleanup, each with path and client', async () => {
  const { server, feeder } = await aLiveServer({ LOG_LEVEL: 'debug' })
  const client = await openClient(server, { path: '/subscribe/details/2665?key=s3cr3t', headers: { 'User-Agent': 'me' } })
  for (let n = 0; n < 3; n++) await feeder.publish('stream.tweet_updates.2665', String(n))
  await client.until('three frames', ({ frames }) => frames === 3)
  await openClient(server, { path: '/subscribe?stream=eps&stream=details/1' })
  await (await fetch(server.url + EPS, { method: 'HEAD' })).text()
  const cleanup = await fetch(`${server.url}/subscribe/cleanup/details/2665?token=`, { method: 'POST' })
  expect(cleanup.status).toBe(200)
  client.close()
  await untilConnections(server, 1)

  const who = { level: 20, context: 'StreamGateway', client: '127.0.0.1' }
  expect(linesOf(server, 'stream opened')).toMatchObject([
    { ...who, path: '/subscribe/details/2665', agent: 'me', namespaces: ['details/2665'] },
    { ...who, path: '/subscribe', agent: '', namespaces: ['eps', 'details/1'] },
  ])
  const [closed] = linesOf(server, 'stream closed')
  expect(closed).toMatchObject({ ...who, path: '/subscribe/details/2665', agent: 'me', frames: 3, seconds: expect.any(Number) })
  expect(closed?.['reason']).toMatch(/^(client|cleanup)$/)
  expect(linesOf(server, 'HEAD of a stream')).toMatchObject([{ ...who, path: EPS }])
  expect(linesOf(server, 'cleanup')).toMatchObject([{ ...who, path: '/subscribe/cleanup/details/2665' }])
  expect(server.output).not.toContain('s3cr3t')
})

it('logs nothing about clients at info, and each state once', async () => {
  const { server } = await aLiveServer({})
  const clients = await openClients(server, 3, { path: EPS })
  for (const client of clients) client.close()
  await untilConnections(server, 0)
  await server.stop()

  const said = logLines(server).map(({ msg, state }) => (state === undefined ? msg : `${msg} ${state}`))
  expect(said).toEqual([
    ...['writer chosen', expect.stringContaining('no ADMIN_TOKEN'), 'ingest changed connecting'],
    ...[expect.stringMatching(/^(listening|ingest changed ready)$/), expect.stringMatching(/^(listening|ingest changed ready)$/)],
    ...['stopping', 'draining', 'ingest changed stopped', 'stopped'],
  ])
})

it('logs once that it drains: how many streams, over how long', async () => {
  const { server } = await aLiveServer({ DRAIN_S: '1' })
  await openClients(server, 3, { path: EPS })
  await server.stop()
  expect(linesOf(server, 'draining')).toMatchObject([{ level: 30, context: 'StreamGateway', streams: 3, seconds: 1 }])
})

it.each(['false', 'true'])('keeps control characters of a client out of the log (LOG_PRETTY=%s)', async (LOG_PRETTY) => {
  const { server } = await aLiveServer({ VERBOSE: 'true', LOG_PRETTY })
  const request = Buffer.from(`GET ${EPS}?%0A%1B[2J HTTP/1.1\r\nHost: x\r\nUser-Agent: ${HOSTILE_AGENT}\r\n\r\n`, 'latin1')
  const client = await aClient(server, { path: EPS, request })
  await client.opened
  await eventually('it is logged', () => server.output.includes('stream opened'))

  const line = server.output.split('\n').find((each) => each.includes('stream opened')) ?? ''
  expect(line).toContain('curl\\u009b31m\\u0085')
  // Colours are the logger's own, and there are none where the output is no terminal.
  expect(server.output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
})

it('writes one log, whole lines of JSON, of both workers', async () => {
  const { server } = await aTeam({ LOG_LEVEL: 'debug' })
  await openClients(server, 40, { path: EPS })
  const opened = await eventually('all are logged', () => {
    const lines = linesOf(server, 'stream opened')
    return lines.length === 40 && lines
  })
  expect(new Set(opened.map(({ node }) => node))).toEqual(new Set([1, 2].map((n) => `nest-development-team-worker.${n}`)))
  expect(logLines(server).every(({ level }) => level < 60)).toBe(true)
})

it.each([
  [{}, true],
  [{ LOG_PRETTY: 'false' }, false],
  [{ NODE_ENV: 'prod', REDIS_URL: 'redis://127.0.0.1:1' }, false],
])('is readable in a terminal with %o: %s', async (env, isReadable) => {
  const port = await freePort()
  const given = { PATH: process.env['PATH'], TERM: 'xterm', HOST: '127.0.0.1', PORT: String(port), ...env }
  // script(1) gives the server a terminal.
  const child = await Child.spawn('script', ['-qec', `exec ${process.execPath} ${MAIN}`, '/dev/null'], given)
  onTestFinished(async () => void (await child.kill()))
  await eventually('it serves', () => child.output.includes('listening'), 20_000)

  const line = child.output.split('\r\n').find((each) => each.includes('listening')) ?? ''
  if (isReadable) expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] \S*INFO\S*: .*Application: listening.*"url":"http:/)
  else expect(JSON.parse(line)).toMatchObject({ level: 30, msg: 'listening', url: `http://127.0.0.1:${port}` })
})
