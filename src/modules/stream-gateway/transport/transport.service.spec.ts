import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Logger } from '@nestjs/common'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RecordingListener } from '../../../../test/support/socket-pairs.js'
import { loadNativeCalls } from './native/native-calls.js'
import type { Outlet } from './outlet.js'
import { type TransportOptions, TransportService } from './transport.service.js'

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`
const TAKEN = 'raw bytes'

const loaded = await loadNativeCalls(process.platform)
const calls = typeof loaded === 'string' ? null : loaded
const WRITERS: [string, TransportOptions][] = [
  ['send(2)', { calls, notsentLowatBytes: 16_384, heartbeatMs: 15_000, canTakeOver: true }],
  ['socket.write', { calls: null, notsentLowatBytes: 16_384, heartbeatMs: 15_000, canTakeOver: true }],
]
const FALL_BACK: TransportOptions = { calls, notsentLowatBytes: 16_384, heartbeatMs: 15_000, canTakeOver: false }

/** A server whose `/plain` is answered as HTTP; the transport takes the connection of anything else. */
class Scene {
  readonly server: Server
  readonly client: Socket
  readonly listener = new RecordingListener()
  readonly transport: TransportService
  received = ''
  /** By path: whether the connection could be taken. */
  readonly outcomes = new Map<string | undefined, boolean>()
  outlet: Outlet | undefined
  taken: Socket | undefined
  beforeTaking: (request: IncomingMessage) => void = () => undefined

  constructor(options: TransportOptions) {
    this.transport = new TransportService(options)
    this.server = createServer((request, response) => setImmediate(() => this.serve(request, response)))
    this.server.prependListener('request', (request: IncomingMessage) => this.transport.noteRequest(request))
    this.server.listen(0, '127.0.0.1')
    this.client = new Socket().on('error', () => undefined)
    this.client.setEncoding('utf8').on('data', (text: string) => {
      this.received += text
    })
  }

  async start(): Promise<void> {
    await once(this.server, 'listening')
    this.client.connect(this.port, '127.0.0.1')
    await once(this.client, 'connect')
  }

  get port(): number {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    return address.port
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/plain') {
      response.end('answered')
      return
    }
    this.beforeTaking(request)
    this.taken = request.socket
    const outlet = this.transport.takeOver(request, response, { 'Content-Type': 'text/event-stream', Connection: 'keep-alive' })
    this.outcomes.set(request.url, outlet !== null)
    if (outlet === null) return
    this.outlet = outlet
    outlet.listener = this.listener
    outlet.write(Buffer.from(TAKEN))
  }

  async outcomeOf(path: string): Promise<boolean | undefined> {
    await vi.waitUntil(() => this.outcomes.has(path))
    return this.outcomes.get(path)
  }

  /** The outlet, once the client has its first bytes. */
  async streaming(path = '/stream'): Promise<Outlet> {
    this.client.write(request(path))
    await vi.waitUntil(() => this.received.includes(TAKEN))
    if (this.outlet === undefined) throw new Error('nothing was taken over')
    return this.outlet
  }

  stop(): void {
    this.client.destroy()
    this.taken?.destroy()
    this.server.close()
    this.server.closeAllConnections()
  }
}

let scene: Scene

async function play(options: TransportOptions): Promise<void> {
  scene = new Scene(options)
  await scene.start()
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

  it('takes a client that half-closes for one that leaves', async () => {
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

describe('TCP keep-alive', () => {
  it.each([
    [15_000, []],
    [30_000, [[true, 30_000]]],
    [3_600_000, [[true, 30_000]]],
  ])('is set where no heartbeat comes before it: every %i ms', async (heartbeatMs, calls) => {
    await play({ calls: null, notsentLowatBytes: 16_384, heartbeatMs, canTakeOver: true })
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

describe('a stream over ServerResponse', () => {
  beforeEach(() => play(FALL_BACK))

  it('has its head and its chunks from Node, at once', async () => {
    const outlet = await scene.streaming()
    expect(outlet.isFramedByNode).toBe(true)
    expect(scene.transport.writer).toBe('socket.write')
    outlet.post(Buffer.from('data:1F602\n\n'))
    scene.transport.commit()
    await vi.waitUntil(() => scene.received.endsWith('c\r\ndata:1F602\n\n\r\n'))
    expect(scene.received).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\nConnection: keep-alive\r\n/)
    expect(scene.received).toContain(`\r\n\r\n9\r\n${TAKEN}\r\n`)
    expect(outlet.queuedBytes).toBe(0)
  })

  it('has a plain body in HTTP/1.0', async () => {
    scene.client.write('GET /stream HTTP/1.0\r\n\r\n')
    await vi.waitUntil(() => scene.received.endsWith(`\r\n\r\n${TAKEN}`))
  })

  it('queues what the kernel does not take, and tells its owner when that has gone', async () => {
    const outlet = await scene.streaming()
    scene.client.pause()
    const frame = Buffer.alloc(100_000, '~')
    let frames = 1
    for (; outlet.write(frame) === 'sent'; frames++);
    expect(outlet.queuedBytes).toBeGreaterThan(0)
    expect(() => outlet.write(frame)).toThrow(expect.objectContaining({ code: 'ERR_OUTLET_NOT_DRAINED' }))
    scene.client.resume()
    await vi.waitUntil(() => scene.listener.drains === 1)
    expect(outlet.write(Buffer.from('last'))).toBe('sent')
    await vi.waitUntil(() => scene.received.endsWith('4\r\nlast\r\n'))
    expect(scene.received.split('~').length - 1).toBe(frames * frame.length)
  })

  it('ends in an orderly way after the last bytes, and with it the connection', async () => {
    const outlet = await scene.streaming()
    const ended = once(scene.client, 'end')
    outlet.end(Buffer.from('bye'))
    await ended
    expect(scene.received).toMatch(/3\r\nbye\r\n0\r\n\r\n$/)
    await vi.waitUntil(() => scene.taken?.destroyed)
    expect(scene.listener.reasons).toEqual([])
    expect(outlet.write(Buffer.from('x'))).toBe('broken')
  })

  it('does not wait for a client that never reads when it ends', async () => {
    const outlet = await scene.streaming()
    scene.client.pause()
    while (outlet.write(Buffer.alloc(100_000)) === 'sent');
    outlet.end(Buffer.from('bye'))
    expect(scene.taken?.destroyed).toBe(true)
  })

  it('is broken once it was destroyed, of which its owner is told nothing', async () => {
    const outlet = await scene.streaming()
    outlet.destroy()
    expect(outlet.write(Buffer.from('x'))).toBe('broken')
    await once(scene.client, 'close')
    expect(scene.listener).toMatchObject({ reasons: [], outcomes: [] })
  })

  it.each([
    ['half-closes', () => scene.client.end()],
    ['resets the connection', () => scene.client.resetAndDestroy()],
  ])('tells its owner of a client that %s', async (_what, leave) => {
    await scene.streaming()
    leave()
    await vi.waitUntil(() => scene.listener.reasons.length > 0)
    expect(scene.listener.reasons).toEqual(['client'])
  })

  it('takes another request on its connection for an error', async () => {
    await scene.streaming()
    scene.client.write(request('/plain'))
    await vi.waitUntil(() => scene.listener.reasons.length > 0)
    expect(scene.listener.reasons).toEqual(['error'])
    expect(scene.received).not.toContain('answered')
  })
})

describe('the choice of the writer', () => {
  const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined)
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)
  const config = { notsentLowatBytes: 16_384, heartbeatMs: 15_000 }

  beforeEach(() => {
    log.mockClear()
    warn.mockClear()
    return play(FALL_BACK)
  })

  it('is send(2) in batches where both pass their trial', async () => {
    const transport = await TransportService.create({ ...config, nativeSend: true }, 'linux')
    expect(transport.writer).toBe('send(2)')
    expect(log).toHaveBeenCalledExactlyOnceWith({ msg: 'writer chosen', writer: 'send(2)', isBatching: true })
  })

  it.each([
    [false, 'linux', 'NATIVE_SEND is off'],
    [true, 'darwin', 'not on darwin'],
  ] as const)("is Node's with NATIVE_SEND=%s on %s, and says why", async (nativeSend, platform, because) => {
    const transport = await TransportService.create({ ...config, nativeSend }, platform)
    expect(transport.writer).toBe('socket.write')
    expect(log).toHaveBeenCalledExactlyOnceWith({ msg: 'writer chosen', writer: 'socket.write', because })
    expect(warn).not.toHaveBeenCalled()
  })

  it('keeps streams with ServerResponse where Node lacks an API, which one warning names', async () => {
    const parser = Object.getOwnPropertyDescriptor(Socket.prototype, 'parser')
    Object.defineProperty(Socket.prototype, 'parser', { configurable: true, get: () => undefined, set: () => undefined })
    try {
      const transport = await TransportService.create({ ...config, nativeSend: true }, 'linux')
      expect(transport.writer).toBe('socket.write')
      expect(log).toHaveBeenCalledExactlyOnceWith({
        msg: 'writer chosen',
        writer: 'socket.write',
        because: 'this Node.js has no socket.parser',
      })
      expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ missing: 'socket.parser' }))
    } finally {
      expect(parser).toBeUndefined()
      Reflect.deleteProperty(Socket.prototype, 'parser')
    }
  })
})
