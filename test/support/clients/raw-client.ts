import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { RawAnswer } from './raw-answer.js'
import { encodeRequest, type RawRequest } from './raw-request.js'
import type { ScoreClient } from './score-client.js'
import { SlowReader } from './slow-reader.js'

/** How a {@link RawClient} connects, sends and reads. */
export interface RawClientOptions extends RawRequest {
  readonly host?: string
  /** The address to connect from; on Linux all of 127.0.0.0/8 will do. */
  readonly localAddress?: string
  /** Bytes that replace the request made of the other options; `path` and `method` still decide how the answer is read. */
  readonly request?: string | Buffer
  /** False only counts bytes, frames and increments, so that memory stays bounded. */
  readonly keepBody?: boolean
  /** Keeps at most so many of the bytes received (no bound by default). */
  readonly keepBytes?: number
  /** Reads no faster than this. */
  readonly bytesPerSecond?: number
  /** True reads nothing until `resume`. */
  readonly paused?: boolean
}

/** One HTTP/1 request over a plain socket. */
export class RawClient extends RawAnswer implements ScoreClient {
  /** Settles when the connection is gone; a client that does not read does not notice that the server left. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #reader: SlowReader | undefined

  private constructor(socket: Socket, { path = '/', method = 'GET', keepBody, keepBytes, bytesPerSecond, paused }: RawClientOptions) {
    super(method, { path, keepBytes: keepBody === false ? 0 : (keepBytes ?? Number.POSITIVE_INFINITY) })
    this.#socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    // Before any listener: it is the listener for data that makes a stream flow.
    if (paused) socket.pause()
    if (bytesPerSecond === undefined) socket.on('data', (bytes: Buffer) => this.take(bytes))
    else this.#reader = new SlowReader(socket, bytesPerSecond, (bytes) => this.take(bytes))
    if (paused) this.pause()
    socket.on('end', () => {
      this.takeFin()
      // The socket is half-open for the sake of `halfClose`; when the server ends, so do we.
      socket.end()
    })
    socket.on('error', (error) => this.finish(error.message))
    socket.on('close', () => this.takeClose())
  }

  /** Connects, sends the request and returns before there is any answer. */
  static async connect(port: number, options: RawClientOptions = {}): Promise<RawClient> {
    const { host = '127.0.0.1', localAddress, request } = options
    const socket = createConnection({ port, host, allowHalfOpen: true, noDelay: true, ...(localAddress && { localAddress }) })
    const client = new RawClient(socket, options)
    await once(socket, 'connect')
    socket.write(request ?? encodeRequest(`${host.includes(':') ? `[${host}]` : host}:${port}`, options))
    return client
  }

  /** Stops reading; about 64 KiB may still be taken from the kernel, but not be seen. */
  pause(): void {
    if (this.#reader) this.#reader.paused = true
    else this.#socket.pause()
  }

  /** Reads again. */
  resume(): void {
    if (this.#reader) this.#reader.paused = false
    else this.#socket.resume()
  }

  /** Sends more bytes, for example a pipelined request; from then on bytes after the answer are no error. */
  write(bytes: string | Buffer): void {
    this.expectMore()
    this.#socket.write(bytes)
  }

  /** Sends a FIN and continues to read. */
  halfClose(): void {
    this.#socket.end()
  }

  /** Ends the connection with a RST. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** Ends the connection at once. */
  close(): void {
    this.#socket.destroy()
  }
}
