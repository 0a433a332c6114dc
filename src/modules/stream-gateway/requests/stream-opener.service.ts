import type { Server } from 'node:http'
import {
  BadRequestException,
  HttpException,
  Injectable,
  NotFoundException,
  type OnModuleInit,
  PayloadTooLargeException,
} from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ClientAddressResolver } from '../../../common/access/client-address.js'
import { ConnectionsRegistry } from '../../../common/access/connections.registry.js'
import { AppConfig } from '../../../common/config/app-config.js'
import { RAW } from '../../../common/core/namespace.js'
import { type FrameVariants, streamHeaders } from '../../../common/core/sse-frame.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { AdmissionService } from '../admission/admission.service.js'
import { HubService } from '../fan-out/hub.service.js'
import type { Subscriber, SubscriberRequest } from '../fan-out/subscriber.js'
import { DrainService } from '../lifecycle/drain.service.js'
import { StreamEventsService } from '../lifecycle/stream-events.service.js'
import { hasBody, ignoreBody, MAX_BODY_BYTES } from '../transport/connection.js'
import { TransportService } from '../transport/transport.service.js'
import { AheadScheduler } from './ahead.scheduler.js'
import {
  encodePrelude,
  encodeStreamHead,
  framesIn,
  PLAIN_OPENING,
  type Prelude,
  renewalOf,
  type StreamHead,
  StreamHeads,
} from './stream-prelude.js'
import { newToken, type RequestFault, type StreamRequest } from './stream-request.js'
import { NOW, StreamStartService } from './stream-start.service.js'

const MAX_USER_AGENT = 256
/**
 * The bytes that held the request have been parsed to their end in the next turn; anything else in them would be answered into the
 * stream.
 */
const TURNS = 1
/**
 * A raw stream, and one whose client has received more than this node, opens two turns later: in the first the ingest reads the messages
 * in the kernel, in the second they are in the log.
 */
const READING_TURNS = 3
/** A larger snapshot is a write of its own: of one that the kernel takes in part, the rest is memory that all streams share. */
const MAX_COPIED_BYTES = 65_536

/** Turns requests into open streams. */
@Injectable()
export class StreamOpenerService implements OnModuleInit {
  private readonly headers: Readonly<Record<string, string>>
  private readonly heads: StreamHeads

  constructor(
    private readonly config: AppConfig,
    private readonly bus: EventBus,
    private readonly hub: HubService,
    private readonly transport: TransportService,
    private readonly admission: AdmissionService,
    private readonly drain: DrainService,
    private readonly events: StreamEventsService,
    private readonly clients: ClientAddressResolver,
    private readonly connections: ConnectionsRegistry,
    private readonly starts: StreamStartService,
    private readonly ahead: AheadScheduler,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.headers = streamHeaders(config.streams.forceRefresh)
    this.heads = new StreamHeads(this.headers)
  }

  onModuleInit(): void {
    // In front of Fastify's own listener, so that a request is noted before any handler runs.
    const server: Server = this.adapterHost.httpAdapter.getHttpServer()
    server.prependListener('request', this.transport.noteRequest)
    server.once('listening', () => this.transport.onListening(server))
  }

  /**
   * Answers the request with a stream; one that has a body, after the body.
   * @throws NotFoundException or BadRequestException for a fault
   * @throws AppError ERR_STREAM_HEADER for a header that a hook has set and no answer can carry
   */
  open(wanted: StreamRequest | RequestFault, request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    if ('status' in wanted) throw exceptionOf(wanted)
    if (request.method !== 'HEAD' && hasBody(request.raw)) return this.openAfterBody(wanted, request, reply)
    this.answer(wanted, request, reply)
  }

  /** @throws PayloadTooLargeException */
  private async openAfterBody(wanted: StreamRequest, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const end = await ignoreBody(request.raw)
    if (end === 'whole') this.answer(wanted, request, reply)
    if (end !== 'too-large') return
    this.bus.emit('request.rejected', { reason: 'too-large' })
    // The rest of the body is not read.
    reply.header('connection', 'close')
    throw new PayloadTooLargeException(`the body of a request for a stream is ignored, and may have at most ${MAX_BODY_BYTES} bytes`)
  }

  private answer(wanted: StreamRequest, request: FastifyRequest, reply: FastifyReply): void {
    const head = this.heads.of(request, reply)
    const client = this.clientOf(wanted, request)
    const isHead = request.method === 'HEAD'
    const reason = isHead ? null : this.admission.admit(client.clientIp, performance.now())
    if (reason !== null) return void this.admission.refuse(reason, request, reply, this.headers)
    reply.hijack()
    if (isHead) {
      this.events.onHead(client)
      for (const [name, value] of Object.entries(head.headers)) if (value !== undefined) reply.raw.setHeader(name, value)
      return void reply.raw.end()
    }
    const isAhead = () => client.hasEpoch === true && !request.raw.socket.destroyed && this.starts.isAhead(wanted)
    const mustRead = wanted.namespaces.includes(RAW) || isAhead()
    if (mustRead) this.bus.emit('subscriber.opening', { namespaces: wanted.namespaces })
    afterTurns(mustRead ? READING_TURNS : TURNS, () => {
      const proceed = () => this.start(wanted, client, request, reply, head)
      if (isAhead()) this.ahead.wait({ isAhead, proceed })
      else proceed()
    })
  }

  private start(
    wanted: StreamRequest,
    client: SubscriberRequest,
    { raw: request }: FastifyRequest,
    { raw: response }: FastifyReply,
    { headers, lines }: StreamHead,
  ): void {
    const outlet = this.transport.takeOver(request, response, headers)
    if (outlet === null) {
      this.admission.release(client.clientIp)
      request.socket.destroy()
      return
    }
    this.connections.release(request.socket)
    const { streams, renewal } = this.config
    const { namespaces, isNamed, options } = wanted
    const { isResumable, hasTotals, rate } = options
    const isHttp11 = request.httpVersionMinor > 0
    const isChunked = isHttp11 && !outlet.isFramedByNode
    const head = outlet.isFramedByNode ? null : encodeStreamHead(lines, isHttp11, new Date())
    const { retryMs, lifeMs } = renewalOf(wanted, streams.forceRefresh, renewal, Math.random)
    const nowMs = performance.now()
    const start = client.hasEpoch ? this.starts.of(wanted, nowMs) : NOW
    const kind = { namespaces, isNamed, isChunked, isResumable, hasTotals, rate }
    const subscriber = this.hub.open(kind, client, outlet, nowMs + lifeMs, start.position)
    const opening = client.hasEpoch ? this.starts.openingOf(start, subscriber) : PLAIN_OPENING
    const hasSnapshot = start.snapshot !== null
    sendOpening(subscriber, { head, isChunked, retryMs, token: client.token, opening, hasSnapshot }, start.snapshot, nowMs)
    if (options.lastEventId !== null) this.bus.emit('resume.answered', { outcome: start.reset ?? 'served' })
    subscriber.sendLatest(nowMs)
    this.drain.onOpened(subscriber)
  }

  private clientOf({ path, options }: StreamRequest, request: FastifyRequest): SubscriberRequest {
    const { address, isShared } = this.clients.of(request)
    return {
      requestPath: path,
      clientIp: address,
      hasSharedIp: isShared,
      userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT),
      token: options.wantsToken ? newToken() : null,
      hasEpoch: options.isResumable || options.wantsSnapshot,
    }
  }
}

function afterTurns(turns: number, callback: () => void): void {
  setImmediate(turns === 1 ? callback : () => afterTurns(turns - 1, callback))
}

/** Sends the first bytes of a stream, in one write where the snapshot is not large. */
function sendOpening(subscriber: Subscriber, prelude: Prelude, frames: FrameVariants | null, nowMs: number): void {
  const bytes = encodePrelude(prelude)
  const count = framesIn(prelude)
  const snapshot = frames?.for(subscriber.audience.variant)
  if (snapshot === undefined) subscriber.send(bytes, count, nowMs)
  else if (snapshot.length <= MAX_COPIED_BYTES) subscriber.send(Buffer.concat([bytes, snapshot]), count + 1, nowMs)
  else {
    subscriber.send(bytes, count, nowMs)
    // The kernel takes the first bytes of a connection. Where it does not, nothing may be queued behind them.
    if (subscriber.isReady) subscriber.send(snapshot, 1, nowMs)
    else subscriber.close('slow')
  }
}

function exceptionOf({ status, message, refused }: RequestFault): HttpException {
  if (status === 404) return new NotFoundException(message)
  return new BadRequestException(refused === undefined ? message : { message, error: 'Bad Request', statusCode: status, refused })
}
