import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import type { OutletListener, WriteOutcome } from '../../src/modules/stream-gateway/transport/outlet.js'

/** Connected pairs of sockets over TCP: our end, and the client's. */
export class SocketPairs {
  private readonly server = createServer()
  private readonly open: Socket[] = []

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
  }

  async pair(): Promise<{ socket: Socket; client: Socket }> {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    const client = connect(address.port, '127.0.0.1').pause()
    const [socket] = await once(this.server, 'connection')
    if (!(socket instanceof Socket)) throw new Error('no socket')
    for (const each of [client, socket]) this.open.push(each.on('error', () => undefined))
    return { socket, client }
  }

  stop(): void {
    for (const socket of this.open.splice(0)) socket.destroy()
    this.server.close()
  }
}

/** Keeps what an outlet tells its owner. The owner has to say by itself that a write was 'queued'. */
export class RecordingListener implements OutletListener {
  readonly outcomes: WriteOutcome[] = []
  readonly reasons: ('client' | 'error')[] = []
  drains = 0
  isDrained = true

  onWritten(outcome: WriteOutcome): void {
    this.isDrained = false
    this.outcomes.push(outcome)
  }

  onDrained(): void {
    this.isDrained = true
    this.drains++
  }

  onClosed(reason: 'client' | 'error'): void {
    this.reasons.push(reason)
  }
}
