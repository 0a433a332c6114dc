import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../test/support/servers/free-port.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { Reachability, ReportQueue } from './carbon-client.js'
import { TcpCarbonClient } from './tcp-carbon-client.js'

const BOUND_MS = 2000
/** More than the kernel accepts for a connection that is not read. */
const HUGE = `${'x'.repeat(16_000_000)}\n`

/** The service hands its whole configuration over, where `path` is that of the metrics, and no socket's. */
const TARGET = { path: 'emojitrack.box' }

/** A peer in this process, and the text that it has received. */
class Peer {
  readonly sockets: Socket[] = []
  readonly writes: string[] = []
  private server: Server | undefined

  constructor(readonly port: number) {}

  get text(): string {
    return this.writes.join('')
  }

  listen(onConnection: (socket: Socket) => void = () => undefined): Promise<void> {
    this.server = createServer((socket) => {
      this.sockets.push(socket)
      socket.on('error', () => undefined)
      onConnection(socket)
      if (!socket.isPaused() && !socket.destroyed) socket.on('data', (bytes) => void this.writes.push(bytes.toString()))
    })
    return new Promise((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve))
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => (this.server?.listening ? this.server.close(resolve) : resolve(undefined)))
  }
}

describe('TcpCarbonClient', () => {
  let peer: Peer
  let told: string[]

  beforeEach(async () => {
    peer = new Peer(await freePort())
    told = []
  })
  afterEach(() => peer.close())

  function aClient({ maxBytes = 1_000_000, host = '127.0.0.1', connectMs = BOUND_MS, stallMs = BOUND_MS } = {}): TcpCarbonClient {
    const listener = { onFailure: (cause: string) => void told.push(cause), onRecovery: () => void told.push('recovered') }
    // The shortest back-off there is: half a second.
    const reachability = new Reachability(listener, () => 1)
    const client = new TcpCarbonClient({ ...TARGET, host, port: peer.port }, new ReportQueue(maxBytes), reachability, {
      connectMs,
      stallMs,
    })
    onTestFinished(() => client.close(0))
    return client
  }

  const untilTold = (what: string) => eventually(what, () => told.includes(what))
  /** Sends a report every 20 ms, as the timer does less often, until something has come of it. */
  const sendUntil = async (client: TcpCarbonClient, what: string, isDone: () => boolean) => {
    for (let n = 0; !isDone(); n++) {
      client.send(`${what}.${n} 1 0\n`)
      await eventually('a moment later', () => new Promise<true>((resolve) => setTimeout(resolve, 20, true)))
      if (n > 500) throw new Error(`${what}: told ${told.join()}`)
    }
  }

  it('sends reports in order over one connection, one write each', async () => {
    await peer.listen()
    const client = aClient()
    for (const n of [1, 2, 3]) {
      client.send(`a ${n} 0\nb ${n} 0\n`)
      await eventually('it has arrived', () => peer.writes.length === n)
    }
    expect(peer.writes).toEqual(['a 1 0\nb 1 0\n', 'a 2 0\nb 2 0\n', 'a 3 0\nb 3 0\n'])
    expect(peer.sockets).toHaveLength(1)
    expect(told).toEqual([])
  })

  it('keeps the reports that a refusing peer did not get, and recovers with it', async () => {
    const client = aClient()
    client.send('early 1 0\n')
    await untilTold('ECONNREFUSED')
    await peer.listen()
    await sendUntil(client, 'late', () => told.includes('recovered'))
    expect(peer.text.startsWith('early 1 0\nlate.0 1 0\n')).toBe(true)
    expect(told).toEqual(['ECONNREFUSED', 'recovered'])
  })

  it('does not try again before its time', async () => {
    const client = aClient()
    client.send('a 1 0\n')
    await untilTold('ECONNREFUSED')
    for (let n = 0; n < 10; n++) client.send('b 1 0\n')
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual(['ECONNREFUSED'])
  })

  it('drops the oldest reports over its bound while the peer is away', async () => {
    const client = aClient({ maxBytes: 30 })
    client.send('report.0 1 0\n')
    await untilTold('ECONNREFUSED')
    for (let n = 1; n < 5; n++) client.send(`report.${n} 1 0\n`)
    expect(client.dropped).toBe(3)
  })

  it('reports an unknown host', async () => {
    aClient({ host: 'carbon.invalid' }).send('a 1 0\n')
    await eventually('a failure', () => told.length > 0)
    expect(told).toEqual([expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)])
  })

  it('reports a peer that closes, and repeats the reports that it may not have read', async () => {
    let accepted = 0
    await peer.listen((socket) => {
      if (++accepted < 3) socket.destroy()
    })
    const client = aClient()
    client.send('first 1 0\n')
    await eventually('a failure', () => told.length > 0)
    await sendUntil(client, 'later', () => told.includes('recovered'))
    expect(peer.text.startsWith('first 1 0\n')).toBe(true)
    expect(told.at(-1)).toBe('recovered')
    expect(told.slice(0, -1).every((cause) => ['closed', 'ECONNRESET', 'EPIPE'].includes(cause))).toBe(true)
  })

  it('gives up a peer that reads nothing, and keeps within its bound meanwhile', async () => {
    await peer.listen((socket) => socket.pause())
    const client = aClient({ stallMs: 100, maxBytes: 2 * HUGE.length })
    client.send(HUGE)
    await untilTold('stalled')
    expect(told).toEqual(['stalled'])
  })

  it('gives up a connection that does not come about', async () => {
    // 192.0.2.0/24 is reserved for documentation (RFC 5737): packets to it are dropped, or refused by a router as unreachable.
    aClient({ host: '192.0.2.1', connectMs: 100 }).send('a 1 0\n')
    await eventually('a failure', () => told.length > 0)
    expect(told).toEqual([expect.stringMatching(/^(timeout|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED)$/)])
  })

  it('writes the waiting reports on close, and ends the connection', async () => {
    await peer.listen()
    const client = aClient()
    client.send('a 1 0\n')
    await eventually('it has arrived', () => peer.text !== '')
    client.send('last 1 0\n')
    await client.close(BOUND_MS)
    await eventually('the last has arrived', () => peer.text === 'a 1 0\nlast 1 0\n')
    expect(told).toEqual([])
  })

  it('does not wait on close for a peer that reads nothing, and counts that as no failure', async () => {
    await peer.listen((socket) => socket.pause())
    const client = aClient({ maxBytes: 2 * HUGE.length })
    client.send(HUGE)
    await eventually('it is connected', () => peer.sockets.length > 0)
    await client.close(50)
    expect(told).toEqual([])
  })

  it('uses an open connection once the node stops, and opens no other', async () => {
    await peer.listen()
    const client = aClient()
    client.send('a 1 0\n')
    await eventually('it has arrived', () => peer.text !== '')
    client.stopConnecting()
    client.send('b 1 0\n')
    await eventually('it has arrived', () => peer.text === 'a 1 0\nb 1 0\n')

    const late = aClient()
    late.stopConnecting()
    late.send('c 1 0\n')
    await late.close(BOUND_MS)
    expect(peer.sockets).toHaveLength(1)
  })
})
