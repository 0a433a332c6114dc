import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { request, TAKEN, TransportScene } from '../../../../test/support/transport-scene.js'
import { descriptorOf } from '../../../common/platform/node-internals.js'
import { loadNativeCalls } from './native/native-calls.js'
import type { TransportOptions } from './transport.service.js'

const loaded = await loadNativeCalls(process.platform)
const calls = typeof loaded === 'string' ? null : loaded
const WRITERS: [string, TransportOptions][] = [
  ['send(2)', { calls, notsentLowatBytes: 16_384, ackTimeoutMs: 40_000, heartbeatMs: 15_000, canTakeOver: true }],
  ['socket.write', { calls: null, notsentLowatBytes: 16_384, ackTimeoutMs: 40_000, heartbeatMs: 15_000, canTakeOver: true }],
]
const FALL_BACK: TransportOptions = { calls, notsentLowatBytes: 16_384, ackTimeoutMs: 40_000, heartbeatMs: 15_000, canTakeOver: false }

let scene: TransportScene

async function play(options: TransportOptions): Promise<void> {
  scene = new TransportScene(options)
  await scene.start()
}

/** A connection of the client that the server accepts from now on. */
async function reconnected(): Promise<void> {
  scene.client.destroy()
  await once(scene.client, 'close')
  scene.client.connect(scene.port, '127.0.0.1')
  await once(scene.client, 'connect')
}

afterEach(() => scene.stop())

describe.each(WRITERS)('a connection taken over, written by %s', (_name, options) => {
  beforeEach(() => play(options))

  it('has HTTP say nothing on it any more', async () => {
    const outlet = await scene.streaming()
    expect(scene.outcomes.get('/stream')).toBe(true)
    expect(outlet.isFramedByNode).toBe(false)
    expect(scene.received).toBe(TAKEN)
  })

  it('hands bytes that the client sends later to the stream, and never to a parser', async () => {
    const outlet = await scene.streaming()
    scene.client.write('\r\n')
    scene.client.write(request('/plain'))
    await vi.waitUntil(() => scene.listener.reasons.length > 0)
    expect(scene.listener.reasons).toEqual(['error'])
    scene.client.write('\0 no HTTP')
    outlet.write(Buffer.from(' and more'))
    await vi.waitUntil(() => scene.received === `${TAKEN} and more`)
  })

  it('can have been answered before', async () => {
    scene.client.write(request('/plain'))
    await vi.waitUntil(() => scene.received.endsWith('answered'))
    scene.client.write(request('/stream'))
    expect(await scene.outcomeOf('/stream')).toBe(true)
    await vi.waitUntil(() => scene.received.endsWith(TAKEN))
  })

  it('has nothing of HTTP: no parser, no listeners, no place among the connections of the server', async () => {
    const outlet = await scene.streaming()
    const { taken } = scene
    expect(taken?.parser).toBeFalsy()
    const ofNet = new Socket()
    for (const event of ['close', 'end', 'data', 'error']) expect(taken?.listenerCount(event)).toBe(ofNet.listenerCount(event) + 1)
    for (const event of ['timeout', 'drain']) expect(taken?.listenerCount(event)).toBe(0)
    scene.server.closeAllConnections()
    outlet.write(Buffer.from(' and more'))
    await vi.waitUntil(() => scene.received === `${TAKEN} and more`)
  })

  it('keeps the listeners of others, such as an agent that observes connections', async () => {
    const ofAgent = vi.fn()
    const events = ['data', 'end', 'close', 'drain', 'error', 'timeout']
    scene.beforeTaking = ({ socket }) => {
      for (const event of events) socket.on(event, ofAgent)
    }
    await scene.streaming()
    for (const event of events) expect(scene.taken?.listeners(event)).toContain(ofAgent)
  })

  it('has no time limit', async () => {
    let timeout: number | undefined
    scene.beforeTaking = ({ socket }) => {
      socket.setTimeout(10_000)
      setImmediate(() => {
        timeout = socket.timeout
      })
    }
    scene.client.write(request('/stream'))
    await vi.waitUntil(() => timeout !== undefined)
    expect(timeout).toBe(0)
  })

  it('tells its owner of a client that leaves, once', async () => {
    await scene.streaming()
    scene.client.resetAndDestroy()
    const { taken, listener } = scene
    await vi.waitUntil(() => taken?.destroyed)
    await vi.waitUntil(() => listener.reasons.length > 0)
    expect(listener.reasons).toEqual(['client'])
  })

  it('treats a client that half-closes as one that leaves', async () => {
    await scene.streaming()
    scene.client.end()
    await vi.waitUntil(() => scene.listener.reasons.length > 0)
    expect(scene.listener.reasons).toEqual(['client'])
  })

  it('gets all posts with the commit', async () => {
    const outlet = await scene.streaming()
    outlet.post(Buffer.from(', posted'))
    scene.transport.commit()
    await vi.waitUntil(() => scene.received === `${TAKEN}, posted`)
  })
})

describe('the options of TCP', () => {
  const options: TransportOptions = { calls, notsentLowatBytes: 12_345, ackTimeoutMs: 23_456, heartbeatMs: 15_000, canTakeOver: true }

  /** How often the options were set until a stream had them. */
  async function settings(): Promise<number> {
    if (calls === null) throw new Error(`the native calls are missing: ${String(loaded)}`)
    const setOptions = vi.spyOn(calls, 'setOptions')
    await scene.streaming()
    const { taken } = scene
    expect(taken !== undefined && calls.hasOptions(descriptorOf(taken), options)).toBe(true)
    const { length } = setOptions.mock.calls
    setOptions.mockRestore()
    return length
  }

  it('come to a connection from the socket that listens, without a system call', async () => {
    await play(options)
    scene.transport.onListening(scene.server)
    await reconnected()
    expect(await settings()).toBe(0)
  })

  it('are set on the connection where another process listens, as in a worker', async () => {
    await play(options)
    expect(await settings()).toBe(1)
  })

  it('are set on the connection where it does not inherit them', async () => {
    await play(options)
    scene.transport.onListening(scene.server)
    calls?.setOptions(descriptorOf(scene.server), { notsentLowatBytes: 1, ackTimeoutMs: 1 })
    await reconnected()
    expect(await settings()).toBe(1)
  })
})

describe('TCP keep-alive', () => {
  it.each([
    [15_000, []],
    [30_000, [[true, 30_000]]],
    [3_600_000, [[true, 30_000]]],
  ])('is set where no heartbeat comes before it: every %i ms', async (heartbeatMs, calls) => {
    await play({ calls: null, notsentLowatBytes: 16_384, ackTimeoutMs: 40_000, heartbeatMs, canTakeOver: true })
    const setKeepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive')
    await scene.streaming()
    expect(setKeepAlive.mock.calls).toEqual(calls)
    setKeepAlive.mockRestore()
  })
})

describe.each([...WRITERS, ['ServerResponse', FALL_BACK] as const])('no stream by %s', (_name, options) => {
  beforeEach(() => play(options))

  it('begins where another request came behind, or where another one is in front', async () => {
    scene.client.write(request('/first') + request('/second'))
    expect(await scene.outcomeOf('/first')).toBe(false)
    expect(await scene.outcomeOf('/second')).toBe(false)
    expect(scene.received).toBe('')
  })

  it('begins on a connection that is gone', async () => {
    scene.beforeTaking = ({ socket }) => socket.destroy()
    scene.client.write(request('/stream'))
    expect(await scene.outcomeOf('/stream')).toBe(false)
  })

  it('begins for a client that has left meanwhile', async () => {
    const left = once(scene.client, 'close')
    scene.server.removeAllListeners('request')
    scene.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      scene.transport.noteRequest(request)
      request.socket.once('close', () => scene.serve(request, response))
      scene.client.resetAndDestroy()
    })
    scene.client.write(request('/stream'))
    await left
    expect(await scene.outcomeOf('/stream')).toBe(false)
  })
})
