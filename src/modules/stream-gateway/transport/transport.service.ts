import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import { Injectable, Logger } from '@nestjs/common'
import type { StreamsConfig } from '../../../common/config/app-config.js'
import { descriptorOf, findMissingInternals } from '../../../common/platform/node-internals.js'
import type { Writer } from '../../../common/stats/stream-stats.js'
import { claim, KEEP_ALIVE_MS, listen, noteRequest, takeOver } from './connection.js'
import { loadNativeCalls, type NativeCalls, type TcpOptions } from './native/native-calls.js'
import { NativeOutlet } from './native/native-outlet.js'
import { WriteBatch } from './native/write-batch.js'
import type { Outlet, StreamHeaders } from './outlet.js'
import { outletOf, ResponseOutlet, SocketOutlet } from './socket-outlet.js'

export interface TransportOptions extends TcpOptions {
  /** Null for Node's own writer. */
  readonly calls: NativeCalls | null
  readonly heartbeatMs: number
  /** False where Node lacks an API that it takes: every stream then stays with Node's HTTP server. */
  readonly canTakeOver: boolean
}

/** Turns requests into outlets: by direct system calls where the platform has them, by Node's sockets or responses elsewhere. */
@Injectable()
export class TransportService {
  private readonly logger = new Logger('StreamGateway')
  private readonly calls: NativeCalls | null
  private readonly batch: WriteBatch | null
  private readonly hasKeepAlive: boolean
  /** True where connections have their options from the socket that listens; null until the first one shows it. */
  private isInherited: boolean | null = false

  constructor(private readonly options: TransportOptions) {
    this.calls = options.canTakeOver ? options.calls : null
    this.hasKeepAlive = options.heartbeatMs >= KEEP_ALIVE_MS
    const aio = this.calls?.aio
    this.batch = typeof aio === 'object' ? new WriteBatch(aio, (because) => this.warnUnbatched(because)) : null
  }

  static async create(
    { nativeSend, ...config }: Pick<StreamsConfig, 'nativeSend' | 'notsentLowatBytes' | 'ackTimeoutMs' | 'heartbeatMs'>,
    platform: NodeJS.Platform,
  ): Promise<TransportService> {
    const missing = await findMissingInternals()
    const canTakeOver = missing.takeOver === null
    const calls = nativeSend ? await nativeCalls(missing.takeOver ?? missing.nativeSend, platform) : 'NATIVE_SEND is off'
    const { notsentLowatBytes, ackTimeoutMs, heartbeatMs } = config
    const options = { notsentLowatBytes, ackTimeoutMs, heartbeatMs, canTakeOver }
    const transport = new TransportService({ ...options, calls: typeof calls === 'string' ? null : calls })
    transport.logger.log({ msg: 'writer chosen', writer: transport.writer, ...reasons(calls) })
    if (!canTakeOver) {
      transport.logger.warn({
        msg: 'streams cost more memory and time: this Node.js lacks an API of connections',
        missing: missing.takeOver,
      })
    }
    return transport
  }

  get writer(): Writer {
    return this.calls === null ? 'socket.write' : 'send(2)'
  }

  /** All posts are written when it returns. */
  commit(): void {
    this.batch?.commit()
  }

  /**
   * To be called when the server listens: on Linux its connections inherit the options of TCP, which saves two system calls for each. A
   * worker has no such socket.
   */
  onListening(server: Server): void {
    const descriptor = descriptorOf(server)
    if (descriptor >= 0 && this.calls?.setOptions(descriptor, this.options)) this.isInherited = null
  }

  /** To be called for every request, before any handler runs. */
  noteRequest(request: IncomingMessage): void {
    // Only Node's parser, which reads on in the fall-back, finds a request behind that of a stream.
    outletOf(request.socket)?.close('error')
    noteRequest(request)
  }

  /**
   * Takes the connection of a request over, or returns null when it can't carry a stream. In the fall-back Node writes the head of the
   * response from `headers`; otherwise the owner writes it, as the first bytes. To be called from the event loop, never from within the
   * handler of the request.
   */
  takeOver(request: IncomingMessage, response: ServerResponse, headers: StreamHeaders): Outlet | null {
    const socket = claim(request, response)
    if (socket === null) return null
    if (!this.options.canTakeOver) return new ResponseOutlet(socket, response, headers)
    takeOver(socket, response, this.hasKeepAlive)
    const outlet = this.outletOver(socket)
    listen(socket)
    return outlet
  }

  private outletOver(socket: Socket): SocketOutlet {
    const { calls, options } = this
    if (calls === null) return new SocketOutlet(socket)
    this.isInherited ??= calls.hasOptions(descriptorOf(socket), options)
    if (!this.isInherited) calls.setOptions(descriptorOf(socket), options)
    return NativeOutlet.over(socket, calls, this.batch, options.ackTimeoutMs)
  }

  private warnUnbatched(because: string): void {
    this.logger.warn({ msg: 'batched writes are off: each frame is written by send(2)', because })
  }
}

const nativeCalls = async (missing: string | null, platform: NodeJS.Platform): Promise<NativeCalls | string> =>
  missing === null ? loadNativeCalls(platform) : `this Node.js has no ${missing}`

/** The fields of the log line that say how, or why not, the native calls are used. */
function reasons(calls: NativeCalls | string): object {
  if (typeof calls === 'string') return { because: calls }
  return typeof calls.aio === 'string' ? { isBatching: false, because: calls.aio } : { isBatching: true }
}
