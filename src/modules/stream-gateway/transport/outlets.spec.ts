import { once } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RecordingListener, SocketPairs } from '../../../../test/support/socket-pairs.js'
import { eventually } from '../../../../test/support/waiting/eventually.js'
import { descriptorOf } from '../../../common/platform/node-internals.js'
import { loadNativeCalls, type NativeCalls } from './native/native-calls.js'
import { NativeOutlet } from './native/native-outlet.js'
import { WriteBatch } from './native/write-batch.js'
import { SocketOutlet } from './socket-outlet.js'

const LOWAT_BYTES = 16_384
const ACK_TIMEOUT_MS = 40_000
const loaded = await loadNativeCalls(process.platform)

const nativeCalls = (): NativeCalls => {
  if (typeof loaded === 'string') throw new Error(`the native calls are missing: ${loaded}`)
  return loaded
}

const aBatch = (): WriteBatch => {
  const { aio } = nativeCalls()
  if (typeof aio === 'string') throw new Error(`no batches: ${aio}`)
  return new WriteBatch(aio, (reason) => {
    throw new Error(reason)
  })
}

describe.each([
  ['SocketOutlet', (socket: Socket) => new SocketOutlet(socket), null],
  ['NativeOutlet', (socket: Socket) => NativeOutlet.over(socket, nativeCalls(), null, ACK_TIMEOUT_MS), null],
  [
    'NativeOutlet in batches',
    (socket: Socket, batch: WriteBatch | null) => NativeOutlet.over(socket, nativeCalls(), batch, ACK_TIMEOUT_MS),
    aBatch(),
  ],
])('%s', (_name, outletOver, batch) => {
  const pairs = new SocketPairs()

  beforeAll(() => pairs.start())
  afterAll(() => pairs.stop())

  /** A connected pair: our outlet, and the client's socket, which doesn't read yet. */
  async function pair() {
    const { socket, client } = await pairs.pair()
    const outlet = outletOver(socket, batch)
    const listener = new RecordingListener()
    outlet.listener = listener
    return { outlet, listener, socket, client }
  }

  /** Writes until a part waits. Returns all bytes. */
  function stall({ outlet }: { outlet: SocketOutlet }): Buffer[] {
    const written: Buffer[] = []
    for (let i = 0, outcome = 'sent'; outcome === 'sent'; i++) {
      const bytes = Buffer.alloc(100_000, String(i))
      outcome = outlet.write(bytes)
      written.push(bytes)
    }
    return written
  }

  it('hands bytes to the kernel at once while it takes them', async () => {
    const { outlet, client } = await pair()
    expect(outlet.write(Buffer.from('data:1F602\n\n'))).toBe('sent')
    expect(outlet.queuedBytes).toBe(0)
    client.resume()
    const [bytes] = await once(client, 'data')
    expect(String(bytes)).toBe('data:1F602\n\n')
  })

  it('queues what the kernel does not take, tells its owner when that has gone, and keeps every byte in order', async () => {
    const { outlet, listener, client } = await pair()
    const sent = stall({ outlet })
    expect(outlet.queuedBytes).toBeGreaterThan(0)
    expect(listener.drains).toBe(0)
    const received: Buffer[] = []
    client.on('data', (bytes) => received.push(bytes)).resume()
    await eventually('the queue to drain', () => listener.drains === 1)
    expect(outlet.queuedBytes).toBe(0)
    expect(outlet.write(Buffer.from('last'))).toBe('sent')
    sent.push(Buffer.from('last'))
    const all = Buffer.concat(sent)
    await eventually('every byte', () => received.reduce((sum, { length }) => sum + length, 0) === all.length)
    expect(Buffer.concat(received).equals(all)).toBe(true)
    // The outcome of a write is its result.
    expect(listener.outcomes).toEqual([])
    expect(listener.drains).toBe(1)
  })

  it('refuses more bytes until it is drained, so that no more than the rest of one write waits', async () => {
    const { outlet } = await pair()
    stall({ outlet })
    const { queuedBytes } = outlet
    expect(queuedBytes).toBeLessThanOrEqual(100_000)
    const refused = expect.objectContaining({ code: 'ERR_OUTLET_NOT_DRAINED' })
    expect(() => outlet.write(Buffer.from('x'))).toThrow(refused)
    expect(() => outlet.post(Buffer.from('x'))).toThrow(refused)
    expect(outlet.queuedBytes).toBe(queuedBytes)
  })

  it('says nothing of draining once it is destroyed', async () => {
    const { outlet, listener, socket } = await pair()
    stall({ outlet })
    outlet.destroy()
    await once(socket, 'close')
    expect(listener).toMatchObject({ drains: 0, outcomes: [] })
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
    stall({ outlet })
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

  it('delivers every byte in order, however its client reads and its owner writes and posts', async () => {
    const step = fc.oneof(
      fc.record({ act: fc.constantFrom('write', 'post', 'post twice'), bytes: fc.integer({ min: 1, max: 200_000 }) }),
      fc.record({ act: fc.constantFrom('commit', 'pause', 'resume'), bytes: fc.constant(0) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { outlet, listener, client, socket } = await pair()
        const sent: Buffer[] = []
        const received: Buffer[] = []
        client.on('data', (bytes) => received.push(bytes))
        const next = (bytes: number) => {
          sent.push(Buffer.alloc(bytes, String.fromCharCode(97 + (sent.length % 26))))
          return sent.at(-1) ?? Buffer.alloc(0)
        }
        for (const { act, bytes } of steps) {
          if (act === 'commit') batch?.commit()
          else if (act === 'pause') client.pause()
          else if (act === 'resume') client.resume()
          else if (!listener.isDrained) await new Promise(setImmediate)
          else if (act === 'write') {
            const outcome = outlet.write(next(bytes))
            if (outcome === 'queued') listener.isDrained = false
          } else {
            outlet.post(next(bytes))
            if (act === 'post twice' && listener.isDrained) outlet.post(next(bytes))
          }
        }
        batch?.commit()
        client.resume()
        const all = Buffer.concat(sent)
        await eventually('every byte', () => received.reduce((sum, { length }) => sum + length, 0) === all.length)
        expect(Buffer.concat(received).equals(all)).toBe(true)
        await eventually('the outlet to be drained', () => listener.isDrained)
        socket.destroy()
        client.destroy()
      }),
      { numRuns: 30 },
    )
  })
})

describe('TCP_NOTSENT_LOWAT', () => {
  it('keeps a client that never reads from pinning megabytes in the kernel', async () => {
    const without = await pinned((socket) => new SocketOutlet(socket))
    const bounded = await pinned((socket) => {
      nativeCalls().setOptions(descriptorOf(socket), { notsentLowatBytes: LOWAT_BYTES, ackTimeoutMs: ACK_TIMEOUT_MS })
      return NativeOutlet.over(socket, nativeCalls(), null, ACK_TIMEOUT_MS)
    })
    expect(without).toBeGreaterThan(1_000_000)
    expect(bounded).toBeLessThan(200_000)
  })
})

describe('TCP_USER_TIMEOUT', () => {
  it('rests while a client does not read, and holds again when it has caught up', async () => {
    const pairs = new SocketPairs()
    await pairs.start()
    const { socket, client } = await pairs.pair()
    const calls = nativeCalls()
    const has = (ackTimeoutMs: number) => calls.hasOptions(descriptorOf(socket), { notsentLowatBytes: LOWAT_BYTES, ackTimeoutMs })
    calls.setOptions(descriptorOf(socket), { notsentLowatBytes: LOWAT_BYTES, ackTimeoutMs: ACK_TIMEOUT_MS })
    const outlet = NativeOutlet.over(socket, calls, null, ACK_TIMEOUT_MS)
    const listener = new RecordingListener()
    outlet.listener = listener
    expect(has(ACK_TIMEOUT_MS)).toBe(true)
    while (outlet.write(Buffer.alloc(100_000)) === 'sent');
    expect([has(0), outlet.isSilent]).toEqual([true, false])
    client.resume()
    await eventually('the outlet is drained', () => listener.drains === 1)
    expect(has(ACK_TIMEOUT_MS)).toBe(true)
    pairs.stop()
  })
})

/** How many bytes in frames of 200 go to a client that never reads before the first is refused. */
async function pinned(outletOver: (socket: Socket) => SocketOutlet): Promise<number> {
  const pairs = new SocketPairs()
  await pairs.start()
  const { socket } = await pairs.pair()
  const outlet = outletOver(socket)
  const frame = Buffer.alloc(200, 'x')
  try {
    for (let bytes = 0; ; ) {
      for (let i = 0; i < 50; i++) {
        if (outlet.write(frame) !== 'sent') return bytes
        bytes += frame.length
      }
      // A turn of the event loop now and then, so that the client's kernel can answer as it does in life.
      await new Promise(setImmediate)
    }
  } finally {
    pairs.stop()
  }
}
