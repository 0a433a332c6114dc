import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { type Scrape, scrapeOf } from '../../support/metrics/scrape.js'
import { aServer, openClients } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { statusOf } from '../../support/servers/probes.js'
import { complaints, type LogLine, logLines } from '../../support/servers/server-log.js'
import { eventually } from '../../support/waiting/eventually.js'

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
const EPS = '/subscribe/eps'
const DROPPED = 'log lines dropped: the output took no more'
/** The log writes 6 characters for each of these 200. */
const LONG_AGENT = '\u0080'.repeat(200)
const PER_CONNECTION = 80

type Server = { readonly port: number; readonly url: string }

/** Starts a command that becomes a server, and waits until it is live. */
async function aServerBy(command: string, args: readonly string[], stdio: number | 'ignore', env: Readonly<Record<string, string>>) {
  const port = await freePort()
  const server = { port, url: `http://127.0.0.1:${port}` }
  const given = { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), DRAIN_S: '0', ...env }
  const child = spawn(command, args, { env: given, stdio: ['ignore', stdio, stdio] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const isLive = async () => child.exitCode !== null || (await statusOf(server, '/health/live')) === 200
  await eventually('it is live', isLive, 20_000)
  expect(child.exitCode).toBeNull()
  return { ...server, child, exited }
}

/** Makes the server log 80 lines of 1.4 KB for each connection at debug, each with the number of the connection and its own. */
async function flood({ port }: Server, connections: number): Promise<void> {
  const one = async (connection: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let n = 0; n < PER_CONNECTION; n++) {
      const headers = { 'user-agent': `${connection}-${n} ${LONG_AGENT}` }
      const [answer] = await once(request({ agent, method: 'HEAD', host: '127.0.0.1', port, path: EPS, headers }).end(), 'response')
      await once(answer.resume(), 'end')
    }
    agent.destroy()
  }
  await Promise.all(Array.from({ length: connections }, (_, n) => one(n)))
}

/** Sends a POST whose body breaks off. */
async function breakOff({ port }: Server): Promise<void> {
  const socket = createConnection(port, '127.0.0.1')
  socket.end('POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{')
  await once(socket.resume(), 'close')
}

/** The lines without the notice of the demo feed on standard error, which is for people. */
const withoutNotice = (lines: readonly LogLine[]) => lines.filter(({ msg }) => !msg?.startsWith('No REDIS_URL'))

const dropped = (scrape: Scrape) => scrape.value('emojitrack_log_lines_dropped_total')
const writeErrors = (scrape: Scrape) => scrape.by('emojitrack_log_write_errors_total', 'error')

async function untilMoreFrames(clients: readonly { readonly frames: number }[]): Promise<void> {
  const before = clients.map(({ frames }) => frames)
  await eventually('every stream goes on', () => clients.every(({ frames }, n) => frames > (before[n] ?? 0)))
}

/** A named pipe with the given reader's end, and a writer's end that blocks. */
function aPipe() {
  const folder = mkdtempSync(join(tmpdir(), 'log-faults-'))
  const path = join(folder, 'log')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY)
  onTestFinished(() => {
    for (const descriptor of [reader, writer]) closeSync(descriptor)
    rmSync(folder, { recursive: true })
  })
  const bytes = Buffer.alloc(65_536)
  let text = ''
  const read = () => {
    try {
      for (;;) text += bytes.toString('utf8', 0, readSync(reader, bytes))
    } catch {
      // EAGAIN: the pipe is empty for now.
    }
    return logLines({ output: text.slice(0, text.lastIndexOf('\n') + 1) })
  }
  return { writer, read }
}

it('a full pipe stops neither 500 streams nor the end of the server, and the log says how many lines it has dropped', async () => {
  const pipe = aPipe()
  const server = await aServerBy(process.execPath, [MAIN], pipe.writer, { LOG_LEVEL: 'debug' })
  const clients = await openClients(server, 500, { path: EPS })
  await flood(server, 12)
  await untilMoreFrames(clients)
  expect(await statusOf(server, '/health/live')).toBe(200)
  const scrape = await scrapeOf(server)
  expect([dropped(scrape), writeErrors(scrape)['EAGAIN']]).toEqual([expect.any(Number), expect.any(Number)])
  expect(Math.min(dropped(scrape), writeErrors(scrape)['EAGAIN'] ?? 0)).toBeGreaterThan(0)

  const isGap = ({ msg }: { readonly msg?: string }) => msg === DROPPED
  const lines = await eventually('the log goes on', () => pipe.read().some(isGap) && pipe.read())
  expect(lines.filter(isGap)).toMatchObject([{ level: 40, context: 'Log', lines: dropped(scrape) }])
  expect(withoutNotice(lines).filter(({ level }) => level > 40)).toEqual([])
  await flood(server, 1)
  await eventually('it has the lines of later', () =>
    pipe
      .read()
      .at(-1)
      ?.['agent']?.toString()
      .startsWith(`0-${PER_CONNECTION - 1} `),
  )
  expect(dropped(await scrapeOf(server))).toBe(dropped(scrape))

  await flood(server, 12)
  server.child.kill('SIGTERM')
  expect(await server.exited).toEqual([0, null])
})

it('nor does a socket that nobody reads, with workers and readable lines', async () => {
  const server = await aServer({ LOG_LEVEL: 'debug', LOG_PRETTY: 'true', WORKERS: '2' })
  server.pauseOutput()
  const clients = await openClients(server, 20, { path: EPS })
  const isDropping = async () => {
    await flood(server, 12)
    const { series } = await scrapeOf(server)
    return series.filter(({ name, value }) => name === 'emojitrack_log_lines_dropped_total' && value > 0).length === 2
  }
  await eventually('both workers drop lines', isDropping, 20_000)
  await untilMoreFrames(clients)
  server.resumeOutput()
  const reports = () => server.output.match(new RegExp(`WARN.* Log: ${DROPPED} .*"lines":[1-9]`, 'g'))
  await eventually('both workers report it', () => reports()?.length === 2)
})

it('bodies that break off log nothing at info, and stop nothing where nobody reads the log', async () => {
  const server = await aServer({})
  server.pauseOutput()
  const clients = await openClients(server, 5, { path: EPS })
  for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 100 }, () => breakOff(server)))
  await untilMoreFrames(clients)
  expect(await statusOf(server, '/health/live')).toBe(200)
  expect((await scrapeOf(server)).by('emojitrack_caught_failures_total', 'in')['request']).toBe(0)
  server.resumeOutput()
  await server.stop()
  expect(withoutNotice(complaints(server))).toEqual([])
  expect(logLines(server).length).toBeLessThan(20)
})

it('a full disk prevents neither the start nor the streams', async () => {
  const full = openSync('/dev/full', 'w')
  const server = await aServerBy(process.execPath, [MAIN], full, { LOG_LEVEL: 'debug' })
  closeSync(full)
  const clients = await openClients(server, 5, { path: EPS })
  for (const client of clients.slice(1)) client.close()
  await flood(server, 1)
  await untilMoreFrames(clients.slice(0, 1))
  await eventually('the errors count', async () => (writeErrors(await scrapeOf(server))['ENOSPC'] ?? 0) > 2)
  server.child.kill('SIGTERM')
  expect(await server.exited).toEqual([0, null])
})

it('a log on a disk that fills up goes on where it stopped, once there is room', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-faults-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  // A disk of its own, in a mount namespace that ends with the server.
  const script = `mount -t tmpfs -o size=512k log ${folder} && head -c 400000 /dev/zero > ${folder}/filler && exec "$@" > ${folder}/log`
  const command = ['-rm', 'sh', '-c', script, 'sh', process.execPath, MAIN]
  const server = await aServerBy('unshare', command, 'ignore', { LOG_LEVEL: 'debug' })
  const clients = await openClients(server, 5, { path: EPS })
  await flood(server, 3)
  await eventually('the disk is full', async () => (writeErrors(await scrapeOf(server))['ENOSPC'] ?? 0) > 0)
  await untilMoreFrames(clients)

  const inside = `/proc/${server.child.pid}/root${folder}`
  rmSync(`${inside}/filler`)
  const isHead = ({ msg }: { readonly msg?: string }) => msg === 'HEAD of a stream'
  const read = () => logLines({ output: readFileSync(`${inside}/log`, 'utf8') })
  const heads = await eventually('all lines are in the log', () => {
    const found = read().filter(isHead)
    return found.length >= 3 * PER_CONNECTION && found
  })
  const numbers = heads.map(({ agent }) => String(agent).split(' ')[0])
  for (let connection = 0; connection < 3; connection++) {
    const expected = Array.from({ length: PER_CONNECTION }, (_, n) => `${connection}-${n}`)
    expect(numbers.filter((number) => number?.startsWith(`${connection}-`))).toEqual(expected)
  }
  expect(complaints({ output: readFileSync(`${inside}/log`, 'utf8') })).toEqual([])
})
