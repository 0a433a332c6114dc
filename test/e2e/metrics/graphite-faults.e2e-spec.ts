import { createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { aLiveServer, aServer, openClient } from '../../support/servers/fixtures.js'
import { freePort } from '../../support/servers/free-port.js'
import { complaints, logLines } from '../../support/servers/server-log.js'
import { eventually } from '../../support/waiting/eventually.js'

const STOP_MS = 3_000
const UNKNOWN = expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)
const GONE = expect.stringMatching(/^(closed|ECONNRESET|EPIPE)$/)

/** A TCP peer that ends with the test; gives its URL. */
async function aPeer(onConnection: (socket: Socket) => void): Promise<string> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  const peer = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  await new Promise<void>((resolve) => peer.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    peer.close()
  })
  return `tcp://127.0.0.1:${port}`
}

it.each([
  ['refuses', async () => `tcp://127.0.0.1:${await freePort()}`, 'ECONNREFUSED'],
  ['refuses datagrams', async () => `udp://127.0.0.1:${await freePort()}`, 'ECONNREFUSED'],
  ['closes every connection', () => aPeer((socket) => socket.destroy()), GONE],
  ['has no address', async () => 'tcp://carbon.invalid', UNKNOWN],
  ['has no address for datagrams', async () => 'udp://carbon.invalid', UNKNOWN],
  ['takes connections and reads nothing', () => aPeer((socket) => void socket.pause()), null],
])('a Carbon that %s changes nothing, and takes one line of the log at most', async (_, peer, cause) => {
  const { server, feeder } = await aLiveServer({ GRAPHITE_URL: await peer(), GRAPHITE_MS: '1000' })
  const client = await openClient(server, { path: '/subscribe/raw' })
  const fdsBefore = server.fdCount()

  // The server has reported several times by the end.
  for (let second = 1; second <= 3; second++) {
    for (let n = 0; n < 10; n++) await feeder.update('2665')
    await client.until('every update', ({ frames }) => frames === 10 * second)
    await eventually('a second later', () => new Promise<true>((resolve) => setTimeout(resolve, 1000, true)))
  }

  const expected = cause === null ? [] : [{ msg: 'Graphite takes no reports', cause, dropped: 0 }]
  await eventually('the log says so', () => complaints(server).length === expected.length)
  expect(complaints(server)).toMatchObject(expected)
  expect(server.fdCount()).toBeLessThanOrEqual(fdsBefore + 2)

  const before = performance.now()
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  expect(performance.now() - before).toBeLessThan(STOP_MS)
  expect(server.output).not.toContain('took too long')
})

it.each([
  ['a name of dots', '..', /^[\w-]+$/],
  ['blanks, line breaks and emoji', 'a b.c\nd😂\t"', 'a_b.c_d_'],
  ['leading and doubled dots', '.x..y.', 'x.y'],
])('a node with %s reports paths of safe characters, three fields in each line', async (_what, name, segments) => {
  let received = ''
  const url = await aPeer((socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text
    })
  })
  const server = await aServer({ GRAPHITE_URL: url, GRAPHITE_MS: '1000', DYNO: name })
  await eventually('it has reported', () => received.includes('stream.open '))

  const lines = received.split('\n').slice(0, -1)
  expect(lines.filter((line) => !/^emojitrack(?:\.[\w-]+)+ -?\d+(?:\.\d+)?(?:e[+-]?\d+)? \d+$/.test(line))).toEqual([])
  const path = lines.find((line) => line.includes('.stream.open '))?.replace(/^emojitrack\.(.*)\.stream\.open .*$/, '$1')
  expect(path).toEqual(expect.stringMatching(segments))
  // The other reports hold the name as it is.
  const status = await fetch(`${server.url}/admin/status.json`, { headers: { connection: 'close' } })
  expect(await status.json()).toMatchObject({ node: `nest-development-${name}` })
  expect(logLines(server).filter(({ msg }) => msg === 'listening')).toMatchObject([{ node: `nest-development-${name}` }])
})
