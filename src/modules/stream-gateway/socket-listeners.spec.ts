import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { aHub } from '../../../test/support/fakes/a-hub.js'
import { SocketListeners } from './socket-listeners.js'

describe('SocketListeners', () => {
  const listeners = new SocketListeners()

  /** A stream whose socket is in the hands of the test. */
  function attached() {
    const { open, closed } = aHub()
    const { subscriber, outlet } = open()
    const socket = new Socket()
    listeners.attach(socket, subscriber)
    return { socket, outlet, reasons: () => closed.map(({ reason }) => reason) }
  }

  it.each(['close', 'end'])('takes %s for a client that has left', (event) => {
    const { socket, reasons } = attached()
    socket.emit(event)
    expect(reasons()).toEqual(['client'])
  })

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])('takes %s for a client that has left', (code) => {
    const { socket, reasons } = attached()
    socket.emit('error', Object.assign(new Error('it broke'), { code }))
    expect(reasons()).toEqual(['client'])
  })

  it.each([{ code: 'ENOBUFS' }, {}])('takes any other error for one (%j)', (fields) => {
    const { socket, reasons } = attached()
    socket.emit('error', Object.assign(new Error('it broke'), fields))
    expect(reasons()).toEqual(['error'])
  })

  it('closes the subscriber once, for what came first', () => {
    const { socket, reasons } = attached()
    socket.emit('end')
    socket.emit('error', new Error('it broke'))
    socket.emit('close')
    expect(reasons()).toEqual(['client'])
  })

  it.each(['\r\n', '\n', '\r\n\r\n\r\n'])('tolerates empty lines after the request (%j)', (text) => {
    const { socket, reasons } = attached()
    socket.emit('data', Buffer.from(text))
    expect(reasons()).toEqual([])
  })

  it.each(['GET / HTTP/1.1\r\n', '\r\nx', ' ', '\0'])('cuts a stream whose client says more than that (%j)', (text) => {
    const { socket, outlet, reasons } = attached()
    socket.emit('data', Buffer.from(text))
    expect(reasons()).toEqual(['error'])
    expect(outlet.ending).toBe('destroyed')
  })

  it('reads the socket, without which the end of the client would not be noticed', () => {
    expect(attached().socket.readableFlowing).toBe(true)
  })

  it('tells the sockets apart, with one set of functions for all', () => {
    const [one, other] = [attached(), attached()]
    one.socket.emit('end')
    expect([one.reasons(), other.reasons()]).toEqual([['client'], []])
    for (const event of ['close', 'end', 'error', 'data']) {
      expect(one.socket.listeners(event).at(-1)).toBe(other.socket.listeners(event).at(-1))
    }
  })
})
