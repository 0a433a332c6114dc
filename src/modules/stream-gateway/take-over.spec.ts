import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { noteRequest, takeOver } from './take-over.js'

const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`
const TAKEN = 'raw bytes'

describe('takeOver', () => {
  let server: Server
  let client: Socket
  let received: string
  /** What the taken connections have heard from their client. */
  let heard: string
  /** By path: whether the connection could be taken. */
  let outcomes: Map<string | undefined, boolean>
  let beforeTaking: (request: IncomingMessage) => void

  beforeEach(async () => {
    received = ''
    heard = ''
    outcomes = new Map()
    beforeTaking = () => undefined
    server = createServer((request, response) => setImmediate(() => serve(request, response)))
    server.prependListener('request', noteRequest)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    client = connect(address.port, '127.0.0.1').on('error', () => undefined)
    client.setEncoding('utf8').on('data', (text: string) => {
      received += text
    })
    await once(client, 'connect')
  })

  afterEach(() => {
    client.destroy()
    server.close()
    server.closeAllConnections()
  })

  /** Answers `/plain` as HTTP, and takes the connection of anything else. */
  function serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/plain') {
      response.end('answered')
      return
    }
    beforeTaking(request)
    const socket = takeOver(request, response)
    outcomes.set(request.url, socket !== null)
    socket?.on('data', (bytes: Buffer) => {
      heard += bytes.toString()
    })
    socket?.on('error', () => undefined).write(TAKEN)
  }

  const outcomeOf = (path: string) => vi.waitUntil(() => outcomes.has(path)).then(() => outcomes.get(path))

  it('hands over a connection on which HTTP says nothing any more', async () => {
    client.write(request('/stream'))
    expect(await outcomeOf('/stream')).toBe(true)
    await vi.waitUntil(() => received === TAKEN)
  })

  it('lets what the client sends later go to the new owner, and never to a parser', async () => {
    client.write(request('/stream'))
    await vi.waitUntil(() => received === TAKEN)
    client.write(request('/plain'))
    await vi.waitUntil(() => heard === request('/plain'))
    client.write('\0 no HTTP')
    await vi.waitUntil(() => heard.endsWith('\0 no HTTP'))
    expect(received).toBe(TAKEN)
  })

  it('hands over a connection that was answered before', async () => {
    client.write(request('/plain'))
    await vi.waitUntil(() => received.endsWith('answered'))
    client.write(request('/stream'))
    expect(await outcomeOf('/stream')).toBe(true)
    await vi.waitUntil(() => received.endsWith(TAKEN))
  })

  it('leaves nothing of HTTP on it: no parser, no listeners, no place among the connections of the server', async () => {
    let taken: Socket | undefined
    beforeTaking = ({ socket }) => {
      taken = socket
    }
    client.write(request('/stream'))
    await vi.waitUntil(() => received === TAKEN)
    expect(taken?.parser).toBeFalsy()
    expect(taken?.listeners('close').concat(taken.listeners('end'), taken.listeners('timeout'))).toEqual([])
    for (const event of ['data', 'error']) expect(taken?.listenerCount(event)).toBe(1)
    server.closeAllConnections()
    taken?.write(' and more')
    await vi.waitUntil(() => received === `${TAKEN} and more`)
  })

  it('leaves no time limit on it', async () => {
    server.setTimeout(10_000)
    let timeout: number | undefined
    beforeTaking = ({ socket }) => {
      setImmediate(() => {
        timeout = socket.timeout
      })
    }
    client.write(request('/stream'))
    await vi.waitUntil(() => timeout !== undefined)
    expect(timeout).toBe(0)
  })

  it('refuses where another request came behind, and where another one is in front', async () => {
    client.write(request('/first') + request('/second'))
    expect(await outcomeOf('/first')).toBe(false)
    expect(await outcomeOf('/second')).toBe(false)
    expect(received).toBe('')
  })

  it('refuses a connection that is gone', async () => {
    beforeTaking = ({ socket }) => socket.destroy()
    client.write(request('/stream'))
    expect(await outcomeOf('/stream')).toBe(false)
  })

  it('refuses one whose client has left meanwhile', async () => {
    const left = once(client, 'close')
    server.removeAllListeners('request')
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      noteRequest(request)
      request.socket.once('close', () => serve(request, response))
      client.resetAndDestroy()
    })
    client.write(request('/stream'))
    await left
    expect(await outcomeOf('/stream')).toBe(false)
  })
})
