import { createConnection } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** The time after its last byte, or without one, in which a server has answered what it will. */
const QUIET_MS = 40
const POLL_MS = 5
/** A stream that is never quiet is read for this time. */
const MAX_MS = 250

/** Sends pieces of bytes over a connection of its own, a turn of the event loop apart, and returns all that comes back until it is quiet. */
export async function exchange(port: number, pieces: readonly Buffer[]): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  let changedMs = performance.now()
  const startMs = changedMs
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1')
    changedMs = performance.now()
  })
  for (const piece of pieces) {
    socket.write(piece)
    await delay(POLL_MS)
  }
  while (!socket.closed && performance.now() - changedMs < QUIET_MS && performance.now() - startMs < MAX_MS) await delay(POLL_MS)
  socket.destroy()
  return received
}
