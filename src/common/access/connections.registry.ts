import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { devNull } from 'node:os'
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppConfig } from '../config/app-config.js'
import { EventBus } from '../event-bus/event-bus.js'
import { firstLine } from '../platform/errors.js'
import { closeConnection } from '../platform/node-internals.js'
import { RateLimitedLog } from '../platform/rate-limited-log.js'
import type { RejectionReason } from '../stats/reasons.js'

/** The maximum number of requests of a connection that wait for their answers. */
export const MAX_UNANSWERED = 8
/** The maximum number of connections without a stream, where descriptors allow more. */
const MAX_WITHOUT_STREAM = 4096
/** A connection that was used within this time keeps its place: the request of a new one may be on its way. */
const GRACE_MS = 10
const SWEEP_MS = 1000
const TIMER = 'connections'

/** A connection that carries no stream. Times are monotonic ms. */
class Connection {
  /** The number of requests without a complete answer. */
  unanswered = 0
  latest: IncomingMessage | null = null
  /** The bytes of the connection up to the end of those that wait for the client since `waitingSinceMs`; 0 if none wait. */
  private waitingTo = 0
  private waitingSinceMs = 0

  constructor(
    readonly socket: Socket,
    public usedAtMs: number,
  ) {}

  /** False while the server works on an answer. */
  get isClientsTurn(): boolean {
    return this.unanswered === 0 || this.latest?.complete === false || this.socket.writableLength > 0
  }

  /** For how long the client has not taken the bytes that waited when this was asked first. */
  stalledMs(nowMs: number): number {
    const { writableLength, bytesWritten } = this.socket
    if (writableLength === 0) this.waitingTo = 0
    else if (this.waitingTo === 0 || bytesWritten - writableLength >= this.waitingTo) {
      this.waitingTo = bytesWritten
      this.waitingSinceMs = nowMs
    }
    return this.waitingTo === 0 ? 0 : nowMs - this.waitingSinceMs
  }
}

/**
 * The connections of this process that carry no stream, and their bounds: in number, in requests that wait for an answer, and in the time
 * that a client takes for an answer. Node bounds the time for a request and of an idle connection (docs/decisions/0023).
 */
@Injectable()
export class ConnectionsRegistry implements OnModuleInit, OnApplicationBootstrap {
  private readonly warnings: RateLimitedLog
  /** In the order of their last use, the oldest first. */
  private readonly connections = new Map<Socket, Connection>()
  private streams = 0

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly timers: SchedulerRegistry,
  ) {
    const logger = new Logger('Connections')
    this.warnings = new RateLimitedLog((fields) => logger.warn(fields))
  }

  onModuleInit(): void {
    this.bus.on('subscriber.opened', () => void this.streams++)
    this.bus.on('subscriber.closed', () => void this.streams--)
  }

  onApplicationBootstrap(): void {
    const sweep = () => {
      this.sweep(performance.now())
      void this.findDescriptor()
    }
    this.timers.addInterval(TIMER, setInterval(sweep, SWEEP_MS))
  }

  get size(): number {
    return this.connections.size
  }

  /** Takes a new connection in. Where there is no room, the one that has waited the longest for its client is closed, or the new one. */
  add(socket: Socket, nowMs: number): void {
    this.makeRoom(nowMs)
    if (this.connections.size >= this.room) this.cut(socket, 'no-room')
    else this.connections.set(socket, new Connection(socket, nowMs))
  }

  /** Notes a request. False where its connection is closed, because too many others wait for their answers on it. */
  onRequest(request: IncomingMessage, response: ServerResponse, nowMs: number): boolean {
    const { socket } = request
    if (socket.destroyed) return false
    const connection = this.connections.get(socket)
    if (connection === undefined) return true
    if (connection.unanswered === MAX_UNANSWERED) {
      this.cut(socket, 'pipelined')
      return false
    }
    connection.unanswered++
    connection.latest = request
    this.use(connection, nowMs)
    response.on('close', () => this.onAnswered(connection))
    return true
  }

  /** Forgets a connection that carries a stream from now on. */
  release(socket: Socket): void {
    this.connections.delete(socket)
  }

  /** Closes the connections of clients that don't take their answers. */
  sweep(nowMs: number): void {
    for (const connection of this.connections.values()) {
      if (connection.socket.destroyed) this.release(connection.socket)
      else if (connection.stalledMs(nowMs) >= this.config.connections.answerStallMs) this.cut(connection.socket, 'unread')
    }
  }

  private get room(): number {
    return Math.min(MAX_WITHOUT_STREAM, this.config.connections.maxHere - this.streams)
  }

  private makeRoom(nowMs: number): void {
    for (const connection of this.connections.values()) {
      if (this.connections.size < this.room || nowMs - connection.usedAtMs < GRACE_MS) return
      if (connection.socket.destroyed) this.release(connection.socket)
      else if (connection.isClientsTurn) this.cut(connection.socket, 'no-room')
    }
  }

  private onAnswered(connection: Connection): void {
    connection.unanswered--
    if (connection.unanswered === 0) connection.latest = null
    // The connection of a stream is not here any more.
    if (this.connections.has(connection.socket)) this.use(connection, performance.now())
  }

  private use(connection: Connection, nowMs: number): void {
    // The order need not be finer. So the first request of a connection, that of a stream as a rule, moves nothing.
    if (nowMs - connection.usedAtMs < GRACE_MS) return
    connection.usedAtMs = nowMs
    this.connections.delete(connection.socket)
    this.connections.set(connection.socket, connection)
  }

  private cut(socket: Socket, reason: RejectionReason): void {
    this.connections.delete(socket)
    closeConnection(socket)
    this.bus.emit('request.rejected', { reason })
    if (reason === 'no-room')
      this.warnings.note(reason, { msg: 'connections without a stream were closed to make room', open: this.connections.size })
  }

  /** Warns where no descriptor is left. Node then closes new connections without an error. */
  private async findDescriptor(): Promise<void> {
    try {
      const file = await open(devNull)
      await file.close()
    } catch (error) {
      if (!isOutOfDescriptors(error)) return
      const advice = 'raise the limit of open files (ulimit -n)'
      this.warnings.note('descriptors', { msg: 'new connections fail: no file descriptor is left', error: firstLine(error), advice })
    }
  }
}

const isOutOfDescriptors = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')
