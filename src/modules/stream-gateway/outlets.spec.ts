import { once } from 'node:events'
import { connect, createServer, type Server, Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { loadNativeCalls, type NativeCalls } from './native-calls.js'
import { NativeOutlet } from './native-outlet.js'
import type { Outlet } from './outlet.js'
import { SocketOutlet } from './socket-outlet.js'

const LOWAT_BYTES = 16_384
const loaded = await loadNativeCalls(process.platform)

const nativeCalls = (): NativeCalls => {
  if (typeof loaded === 'string') throw new Error(`the native calls are missing: ${loaded}`)
  return loaded
}

describe.each([
  ['SocketOutlet', (socket: Socket): Outlet => new SocketOutlet(socket)],
  ['NativeOutlet', (socket: Socket): Outlet => NativeOutlet.over(socket, nativeCalls(), null, LOWAT_BYTES)],
])('%s', (_name, outletOver) => {
  let server: Server
  const open: Socket[] = []

  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterAll(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })

  /** A connected pair: our outlet, and the client's socket, which doesn't read yet. */
  async function pair(): Promise<{ outlet: Outlet; socket: Socket; client: Socket }> {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    const client = connect(address.port, '127.0.0.1').pause()
    const [socket] = await once(server, 'connection')
    if (!(socket instanceof Socket)) throw new Error('no socket')
    for (const each of [client, socket]) open.push(each.on('error', () => undefined))
    return { outlet: outletOver(socket), socket, client }
  }

  it('hands bytes to the kernel at once while it takes them', async () => {
    const { outlet, client } = await pair()
    expect(outlet.write(Buffer.from('data:1F602\n\n'))).toBe('sent')
    expect(outlet.queuedBytes).toBe(0)
    client.resume()
    const [bytes] = await once(client, 'data')
    expect(String(bytes)).toBe('data:1F602\n\n')
  })

  it('queues what the kernel does not take, calls back when that has gone, and keeps every byte in order', async () => {
    const { outlet, client } = await pair()
    const sent: Buffer[] = []
    for (let i = 0, outcome = 'sent'; outcome === 'sent'; i++) {
      const bytes = Buffer.alloc(100_000, String(i))
      outcome = outlet.write(bytes)
      sent.push(bytes)
    }
    expect(outlet.queuedBytes).toBeGreaterThan(0)
    const behind = Buffer.alloc(50_000, 'x')
    expect(outlet.write(behind)).toBe('queued')
    sent.push(behind)
    let isDrained = false
    outlet.whenDrained(() => {
      isDrained = true
    })
    const received: Buffer[] = []
    client.on('data', (bytes) => received.push(bytes)).resume()
    await eventually('the queue to drain', () => isDrained)
    expect(outlet.queuedBytes).toBe(0)
    expect(outlet.write(Buffer.from('last'))).toBe('sent')
    sent.push(Buffer.from('last'))
    const all = Buffer.concat(sent)
    await eventually('every byte', () => received.reduce((sum, { length }) => sum + length, 0) === all.length)
    expect(Buffer.concat(received).equals(all)).toBe(true)
  })

  it('ends in an orderly way after the last bytes', async () => {
    const { outlet, client } = await pair()
    const received: Buffer[] = []
    client.on('data', (bytes) => received.push(bytes)).resume()
    outlet.end(Buffer.from('0\r\n\r\n'))
    await once(client, 'end')
    expect(Buffer.concat(received).toString()).toBe('0\r\n\r\n')
  })

  it('does not wait for a client that never reads when it ends', async () => {
    const { outlet, socket } = await pair()
    while (outlet.write(Buffer.alloc(100_000)) === 'sent');
    outlet.end(Buffer.from('0\r\n\r\n'))
    expect(socket.destroyed).toBe(true)
  })

  it('says that the connection is broken once it was destroyed', async () => {
    const { outlet } = await pair()
    outlet.destroy()
    expect(outlet.write(Buffer.from('x'))).toBe('broken')
  })

  it('notices a client that has reset the connection', async () => {
    const { outlet, client, socket } = await pair()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    client.resetAndDestroy()
    await closed
    expect(outlet.write(Buffer.from('x'))).toBe('broken')
  })
})

describe('TCP_NOTSENT_LOWAT', () => {
  it('keeps a client that never reads from pinning megabytes in the kernel', async () => {
    const without = await new Promise<number>((resolve) => pinned(false, resolve))
    const bounded = await new Promise<number>((resolve) => pinned(true, resolve))
    expect(without).toBeGreaterThan(1_000_000)
    expect(bounded).toBeLessThan(200_000)
  })
})

/** How many bytes in frames of 200 go to a client that never reads before the first is refused. */
function pinned(isBounded: boolean, report: (bytes: number) => void): void {
  const server = createServer((socket) => {
    const outlet = isBounded ? NativeOutlet.over(socket, nativeCalls(), null, LOWAT_BYTES) : new SocketOutlet(socket)
    const frame = Buffer.alloc(200, 'x')
    let bytes = 0
    // A turn of the event loop now and then, so that the client's kernel can answer as it does in life.
    const step = () => {
      for (let i = 0; i < 50; i++) {
        if (outlet.write(frame) !== 'sent') {
          socket.destroy()
          client.destroy()
          server.close()
          return report(bytes)
        }
        bytes += frame.length
      }
      setImmediate(step)
    }
    step()
  }).listen(0, '127.0.0.1')
  const client = new Socket().on('error', () => undefined)
  server.once('listening', () => {
    const address = server.address()
    if (address !== null && typeof address !== 'string') client.connect(address.port, '127.0.0.1').pause()
  })
}
