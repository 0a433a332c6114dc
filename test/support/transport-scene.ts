import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { vi } from 'vitest'
import type { Outlet } from '../../src/modules/stream-gateway/transport/outlet.js'
import { type TransportOptions, TransportService } from '../../src/modules/stream-gateway/transport/transport.service.js'
import { RecordingListener } from './socket-pairs.js'

/** The first bytes of each stream. */
export const TAKEN = 'raw bytes'

export const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`

/** A server whose `/plain` is answered as HTTP; the transport takes the connection of anything else. */
export class TransportScene {
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
