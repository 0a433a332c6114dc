import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { HeldLoopClient } from '../../../../../test/support/fakes/held-loop.js'
import type { WriteOutcome } from '../outlet.js'
import { loadNativeCalls } from './native-calls.js'
import { NativeOutlet } from './native-outlet.js'
import { WriteBatch } from './write-batch.js'

const ACK_TIMEOUT_MS = 40_000

describe('a descriptor whose number was given to another connection', () => {
  const plugs: number[] = []

  afterEach(() => {
    for (const plug of plugs.splice(0)) closeSync(plug)
  })

  it.each(['alone', 'in a batch'])('is never written to %s, also within the turn of the event loop in which that happens', async (way) => {
    const calls = await loadNativeCalls(process.platform)
    if (typeof calls === 'string' || typeof calls.aio === 'string') throw new Error('the native calls are missing')
    const batch = new WriteBatch(calls.aio, () => undefined)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    // The kernel gives the lowest free number: with the lower ones taken, the second connection gets that of the first.
    for (let i = 0; i < 100; i++) plugs.push(openSync('/dev/null', 'r'))
    const client = new HeldLoopClient(address.port)
    const [first] = await once(server, 'connection')
    if (!(first instanceof Socket)) throw new Error('no socket')
    first.on('error', () => undefined).resume()
    const descriptor = first._handle?.fd
    const outlet = NativeOutlet.over(first, calls, batch, ACK_TIMEOUT_MS)
    const published = new Promise<{ outcome: WriteOutcome; second: Socket }>((resolve) => {
      server.once('connection', (second: Socket) => {
        const bytes = Buffer.from("a stranger's bytes")
        if (way === 'alone') return resolve({ outcome: outlet.write(bytes), second })
        outlet.listener = { onWritten: (outcome) => resolve({ outcome, second }), onDrained: () => undefined, onClosed: () => undefined }
        outlet.post(bytes)
        batch.commit()
      })
    })
    // The kernel reports connections in the order in which something happened to them, of those that are watched: the first has to be by
    // now.
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    client.swapWhileHeld()
    const { outcome, second } = await published
    expect(second._handle?.fd, 'the number was not reused: nothing was shown').toBe(descriptor)
    expect(outcome).toBe('broken')
    second.end('own bytes').resume()
    await client.ended()
    expect(client.received).toBe('own bytes')
    client.stop()
    server.close()
  })
})
