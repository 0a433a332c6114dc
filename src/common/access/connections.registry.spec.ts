import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { SchedulerRegistry } from '@nestjs/schedule'
import { afterEach, describe, expect, it } from 'vitest'
import { configOf } from '../../../test/support/fakes/config-of.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import type { AppConfig } from '../config/app-config.js'
import { EventBus } from '../event-bus/event-bus.js'
import { ConnectionsRegistry, MAX_UNANSWERED } from './connections.registry.js'

const GET = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n'
const STALL_MS = 1000
const LATER_MS = 1000

/** The resources that end with the test. */
const ends: (() => unknown)[] = []
afterEach(() => ends.splice(0).forEach((end) => void end()))

interface Bounds {
  readonly maxHere?: number
}

function aRegistry({ maxHere = Number.POSITIVE_INFINITY }: Bounds = {}) {
  const bus = new EventBus((_event, error) => {
    throw error
  })
  const config: AppConfig = { ...configOf(), connections: { maxHere, answerStallMs: STALL_MS } }
  const connections = new ConnectionsRegistry(config, bus, new SchedulerRegistry())
  connections.onModuleInit()
  const rejections: string[] = []
  bus.on('request.rejected', ({ reason }) => void rejections.push(reason))
  const open = () => bus.emit('subscriber.opened', { namespaces: ['eps'], queued: [] })
  const close = () => bus.emit('subscriber.closed', { namespaces: ['eps'], queued: [], reason: 'client', openMs: 1 })
  return { connections, rejections, open, close }
}

/** The connections of a real server whose answers are `handler`'s. */
async function aServer(handler: (request: IncomingMessage, response: ServerResponse) => void, bounds?: Bounds) {
  const registry = aRegistry(bounds)
  const { connections } = registry
  const sockets: Socket[] = []
  const server: Server = createServer((request, response) => {
    if (connections.onRequest(request, response, performance.now())) handler(request, response)
  })
  server.on('connection', (socket) => {
    sockets.push(socket)
    connections.add(socket, performance.now())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { ...registry, sockets, connect: () => aClient(port) }
}

async function aClient(port: number): Promise<Socket> {
  const client = createConnection({ port, host: '127.0.0.1' }).on('error', () => undefined)
  ends.push(() => client.destroy())
  await once(client, 'connect')
  return client
}

describe('a connection with many requests in a packet', () => {
  it('is closed where more of them wait for an answer than may, and the rest is not even parsed', async () => {
    let requests = 0
    const { connect, rejections, connections } = await aServer(() => void requests++)
    const client = await connect()
    client.resume().write(GET.repeat(2000))
    await once(client, 'close')
    expect([requests, rejections, connections.size]).toEqual([MAX_UNANSWERED, ['pipelined'], 0])
    // Node uses the parser of a closed connection for a later one.
    const next = await connect()
    next.write(GET)
    await eventually('a later connection is served', () => requests === MAX_UNANSWERED + 1)
  })

  it('gets all answers where they are no more than that, any number of times', async () => {
    const { connect, rejections } = await aServer((_request, response) => response.end('x'))
    const client = await connect()
    let answers = 0
    client.on('data', (bytes: Buffer) => {
      answers += bytes.toString().split('HTTP/1.1 200').length - 1
    })
    for (let round = 1; round <= 5; round++) {
      client.write(GET.repeat(MAX_UNANSWERED))
      await eventually('the answers', () => answers === round * MAX_UNANSWERED)
    }
    expect(rejections).toEqual([])
  })
})

describe('an answer', () => {
  const LARGE = Buffer.alloc(16_000_000)

  it('that its client does not take is cut after ANSWER_STALL_MS, the answers behind it too', async () => {
    const { connect, sockets, connections, rejections } = await aServer((_request, response) => response.end(LARGE))
    const client = await connect()
    client.write(GET.repeat(2))
    await eventually('the kernel takes no more', () => (sockets[0]?.writableLength ?? 0) > 0)
    connections.sweep(0)
    connections.sweep(STALL_MS - 1)
    expect(rejections).toEqual([])
    connections.sweep(STALL_MS)
    expect([rejections, sockets[0]?.destroyed, connections.size]).toEqual([['unread'], true, 0])
  })

  it('that its client takes too slowly is cut: what waits at a look must be gone ANSWER_STALL_MS later', async () => {
    const { connect, sockets, connections, rejections } = await aServer((_request, response) => response.end(LARGE))
    const client = await connect()
    client.write(GET)
    const left = () => sockets[0]?.writableLength ?? 0
    await eventually('the kernel takes no more', () => left() > 0)
    connections.sweep(0)
    let taken = 0
    client.on('data', (bytes: Buffer) => {
      taken += bytes.length
      if (taken > 4_000_000) client.pause()
    })
    await eventually('a part is taken', () => taken > 4_000_000)
    expect(left()).toBeGreaterThan(0)
    connections.sweep(STALL_MS)
    expect(rejections).toEqual(['unread'])
  })

  it('that is a stream of its own goes on for as long as each part is taken in time', async () => {
    const { connect, sockets, connections, rejections } = await aServer((_request, response) => {
      for (const _part of [1, 2, 3]) response.write(LARGE)
    })
    const client = await connect()
    client.write(GET)
    const left = () => sockets[0]?.writableLength ?? 0
    await eventually('the kernel takes no more', () => left() > 2 * LARGE.length)
    for (const atMs of [0, STALL_MS - 1]) connections.sweep(atMs)
    client.resume()
    await eventually('all is taken', () => left() === 0)
    connections.sweep(STALL_MS)
    connections.sweep(3 * STALL_MS)
    expect([rejections, sockets[0]?.destroyed]).toEqual([[], false])
  })
})

/** A socket as far as the registry looks. */
class FakeSocket extends EventEmitter {
  destroyed = false
  writableLength = 0
  bytesWritten = 0

  destroy(): void {
    this.destroyed = true
  }
}

const asSocket = (fake: FakeSocket) => fake as unknown as Socket

describe('where there is no room for a new connection', () => {
  function full(maxHere: number) {
    const registry = aRegistry({ maxHere })
    const fakes = Array.from({ length: maxHere }, () => new FakeSocket())
    for (const [index, fake] of fakes.entries()) registry.connections.add(asSocket(fake), index)
    return { ...registry, fakes }
  }

  /** Makes a request of the connection, and returns the function that answers it. */
  function request({ connections }: ReturnType<typeof full>, fake: FakeSocket, nowMs: number, complete = true): () => void {
    const response = new EventEmitter()
    connections.onRequest({ socket: fake, complete } as unknown as IncomingMessage, response as unknown as ServerResponse, nowMs)
    return () => void response.emit('close')
  }

  it('the one that has waited the longest without a request makes room', () => {
    const { connections, fakes, rejections } = full(3)
    const late = new FakeSocket()
    connections.add(asSocket(late), LATER_MS)
    expect([...fakes, late].map(({ destroyed }) => destroyed)).toEqual([true, false, false, false])
    expect([rejections, connections.size]).toEqual([['no-room'], 3])
  })

  it('those that have left count no more', () => {
    const { connections, fakes, rejections } = full(3)
    fakes[1]?.destroy()
    // The oldest is at work, the next has left.
    connections.release(asSocket(fakes[0] ?? new FakeSocket()))
    for (const _new of [1, 2]) connections.add(asSocket(new FakeSocket()), LATER_MS)
    expect([fakes.map(({ destroyed }) => destroyed), rejections]).toEqual([[false, true, false], []])
  })

  it('one whose answer the server works on keeps its place, and one that sends its body or does not read loses it', () => {
    const registry = full(4)
    const { connections, fakes } = registry
    const [working, slow, unread, answered] = fakes
    if (!working || !slow || !unread || !answered) throw new Error('there are four')
    request(registry, working, 10)
    request(registry, slow, 11, false)
    request(registry, unread, 12)
    unread.writableLength = 1
    request(registry, answered, 13)()
    for (const _new of [1, 2]) connections.add(asSocket(new FakeSocket()), LATER_MS)
    expect([working, slow, unread, answered].map(({ destroyed }) => destroyed)).toEqual([false, true, true, false])
  })

  it('the new one is closed where all others came just now', () => {
    const { connections, fakes, rejections } = full(3)
    const late = new FakeSocket()
    connections.add(asSocket(late), 5)
    expect([...fakes, late].map(({ destroyed }) => destroyed)).toEqual([false, false, false, true])
    expect(rejections).toEqual(['no-room'])
  })

  it('streams take a part of the room, and give it back', () => {
    const { connections, rejections, open, close } = aRegistry({ maxHere: 3 })
    const first = new FakeSocket()
    connections.add(asSocket(first), 0)
    connections.release(asSocket(first))
    for (const _stream of [1, 2]) open()
    connections.add(asSocket(new FakeSocket()), 1)
    connections.add(asSocket(new FakeSocket()), 2)
    expect([connections.size, rejections]).toEqual([1, ['no-room']])
    close()
    connections.add(asSocket(new FakeSocket()), 3)
    expect([connections.size, rejections, first.destroyed]).toEqual([2, ['no-room'], false])
  })
})
