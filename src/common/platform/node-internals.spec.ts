import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type Server, Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SocketPairs } from '../../../test/support/socket-pairs.js'
import { eventually } from '../../../test/support/waiting/eventually.js'
import { descriptorOf, destroyAfter, findMissingInternals, missingInternals, observeHandles, readSwitchOf } from './node-internals.js'

describe('the internals of Node', () => {
  it('are all there in this version', async () => {
    expect(await findMissingInternals()).toEqual({ takeOver: null, nativeSend: null })
  })

  it('leave nothing open behind the look at them', async () => {
    const ofTcp = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
    await eventually('others to have closed', () => ofTcp() === 0)
    await findMissingInternals()
    await eventually('all to be closed', () => ofTcp() === 0)
  })

  describe('that are missing', () => {
    const server = createServer()
    const client = new Socket().on('error', () => undefined)
    let socket: Socket
    let response: ServerResponse

    beforeAll(async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      client.connect(portOf(server), '127.0.0.1').write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
      await new Promise<void>((resolve) => {
        server.once('request', (request, first) => {
          socket = request.socket
          response = first
          resolve()
        })
      })
    })

    afterAll(() => {
      client.destroy()
      server.closeAllConnections()
      server.close()
    })

    /** Something that is in all else like this. */
    const like = <T extends object>(original: T, own: object): T => Object.assign(Object.create(original), own)

    it('are none of those of a connection as it comes', () => {
      expect(missingInternals(socket, response)).toEqual({ takeOver: null, nativeSend: null })
    })

    it('are named: socket.parser', () => {
      expect(missingInternals(like(socket, { parser: null }), response).takeOver).toBe('socket.parser')
    })

    it.each(['unconsume', 'remove', 'close'])('are named: socket.parser.%s', (name) => {
      const parser = like(socket.parser ?? {}, { [name]: undefined })
      expect(missingInternals(like(socket, { parser }), response)).toEqual({ takeOver: `socket.parser.${name}`, nativeSend: null })
    })

    it('are named: response.detachSocket', () => {
      expect(missingInternals(socket, like(response, { detachSocket: undefined })).takeOver).toBe('response.detachSocket')
    })

    it.each([
      ['data', 'bound socketOnData'],
      ['end', 'bound socketOnEnd'],
      ['close', 'bound socketOnClose'],
      ['drain', 'bound socketOnDrain'],
      ['error', 'socketOnError'],
      ['timeout', 'socketOnTimeout'],
    ])('are named: the listener of %s', (event, name) => {
      const listeners = (asked: string) => (asked === event ? [() => undefined] : socket.listeners(asked))
      expect(missingInternals(like(socket, { listeners }), response).takeOver).toBe(`the listener '${name}' of '${event}'`)
    })

    it('are named: the descriptor of a socket', () => {
      expect(missingInternals(like(socket, { _handle: {} }), response)).toEqual({ takeOver: null, nativeSend: 'socket._handle.fd' })
    })
  })
})

describe('the accessors', () => {
  const pairs = new SocketPairs()

  beforeAll(() => pairs.start())
  afterAll(() => pairs.stop())

  it('give the descriptor of an open socket, and none of another', async () => {
    const { socket } = await pairs.pair()
    expect(descriptorOf(socket)).toBeGreaterThan(2)
    socket.destroy()
    expect(descriptorOf(socket)).toBe(-1)
    expect(descriptorOf(new Socket())).toBe(-1)
  })

  it('stop and start reading from the kernel', async () => {
    const { socket, client } = await pairs.pair()
    const reading = readSwitchOf(socket)
    if (reading === null) throw new Error('no switch')
    let received = ''
    socket.on('data', (bytes) => {
      received += String(bytes)
    })
    await new Promise(setImmediate)
    reading.readStop()
    client.write('a')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect({ received, buffered: socket.readableLength }).toEqual({ received: '', buffered: 0 })
    reading.readStart()
    await once(socket, 'data')
    expect(received).toBe('a')
    socket.destroy()
    expect(readSwitchOf(socket)).toBeNull()
  })

  it('give no switch where Node has none', async () => {
    const { socket } = await pairs.pair()
    Object.defineProperty(socket._handle ?? {}, 'readStop', { value: undefined })
    expect(readSwitchOf(socket)).toBeNull()
  })

  it('call the hook of a destroyed socket while it has its descriptor still', async () => {
    const { socket } = await pairs.pair()
    const descriptors: number[] = []
    socket._destroy = destroyAfter((each) => descriptors.push(descriptorOf(each)))
    const descriptor = descriptorOf(socket)
    socket.destroy()
    await once(socket, 'close')
    expect(descriptors).toEqual([descriptor])
  })

  it('see each handle that goes to a child, and that it arrives', async () => {
    const script = "process.on('message', (_message, handle) => handle?.end('from the child', () => process.disconnect()))"
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const seen: unknown[] = []
    observeHandles(child, (handle) => seen.push(handle))
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect(portOf(server), '127.0.0.1')
    const [socket] = await once(server, 'connection')
    child.send('no handle')
    expect(seen).toEqual([])
    server.close()
    child.send('a connection', socket)
    expect(seen).toEqual([socket])
    const [bytes] = await once(client, 'data')
    expect(String(bytes)).toBe('from the child')
    client.destroy()
    await once(child, 'exit')
  })
})

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen')
  return address.port
}
