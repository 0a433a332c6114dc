import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { RecordingListener } from '../../../../test/support/socket-pairs.js'
import { listen } from './connection.js'
import { SocketOutlet } from './socket-outlet.js'

describe('the events of a connection', () => {
  /** A stream whose socket is in the hands of the test. */
  function attached() {
    const socket = new Socket()
    const outlet = new SocketOutlet(socket)
    const listener = new RecordingListener()
    outlet.listener = listener
    listen(socket)
    return { socket, outlet, reasons: listener.reasons }
  }

  it.each(['close', 'end'])('take %s for a client that has left', (event) => {
    const { socket, reasons } = attached()
    socket.emit(event)
    expect(reasons).toEqual(['client'])
  })

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])('take %s for a client that has left', (code) => {
    const { socket, reasons } = attached()
    socket.emit('error', Object.assign(new Error('it broke'), { code }))
    expect(reasons).toEqual(['client'])
  })

  it.each([{ code: 'ENOBUFS' }, {}])('take any other error for one (%j)', (fields) => {
    const { socket, reasons } = attached()
    socket.emit('error', Object.assign(new Error('it broke'), fields))
    expect(reasons).toEqual(['error'])
  })

  it('tell the owner once, of the first one', () => {
    const { socket, reasons } = attached()
    socket.emit('end')
    socket.emit('error', new Error('it broke'))
    socket.emit('close')
    expect(reasons).toEqual(['client'])
  })

  it.each(['end', 'destroy'] as const)('tell an owner nothing that has called %s itself', (call) => {
    const { socket, outlet, reasons } = attached()
    outlet[call](Buffer.alloc(0))
    socket.emit('end')
    socket.emit('error', new Error('it broke'))
    socket.emit('close')
    expect(reasons).toEqual([])
  })

  it.each(['\r\n', '\n', '\r\n\r\n\r\n'])('tolerate empty lines after the request (%j)', (text) => {
    const { socket, reasons } = attached()
    socket.emit('data', Buffer.from(text))
    expect(reasons).toEqual([])
  })

  it.each(['GET / HTTP/1.1\r\n', '\r\nx', ' ', '\0'])('take other bytes of the client for an error (%j)', (text) => {
    const { socket, reasons } = attached()
    socket.emit('data', Buffer.from(text))
    expect(reasons).toEqual(['error'])
  })

  it('let the socket be read, without which the end of the client would not be noticed', () => {
    expect(attached().socket.readableFlowing).toBe(true)
  })

  it('tell the sockets apart, with one set of functions for all', () => {
    const [one, other] = [attached(), attached()]
    one.socket.emit('end')
    expect([one.reasons, other.reasons]).toEqual([['client'], []])
    for (const event of ['close', 'end', 'error', 'data']) {
      expect(one.socket.listeners(event).at(-1)).toBe(other.socket.listeners(event).at(-1))
    }
  })
})
