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
import { streamHeaders } from '../../../common/core/sse-frame.js'
import { EventBus } from '../../../common/event-bus/event-bus.js'
import { AppError } from '../../../common/platform/errors.js'
import { AdmissionService } from '../admission/admission.service.js'
import { NO_OPTIONS } from '../fan-out/audience.js'
import { HubService } from '../fan-out/hub.service.js'
import type { SubscriberRequest } from '../fan-out/subscriber.js'
import { DrainService } from '../lifecycle/drain.service.js'
import { StreamEventsService } from '../lifecycle/stream-events.service.js'
import { hasBody, ignoreBody, MAX_BODY_BYTES } from '../transport/connection.js'
import type { StreamHeaders } from '../transport/outlet.js'
import { TransportService } from '../transport/transport.service.js'
import { encodePrelude, encodeStreamHead, headerLines, invalidHeaders, renewalOf } from './stream-prelude.js'
import { newToken, type RequestFault, type StreamRequest } from './stream-request.js'

const MAX_USER_AGENT = 256
/**
 * The bytes that held the request have been parsed to their end in the next turn; anything else in them would be answered into the
 * stream.
 */
const TURNS = 1
/** A raw stream opens two turns later: in the first the ingest reads the messages in the kernel, in the second they are in the log. */
const RAW_TURNS = 3

/** The option `close` in the list of a Connection header (RFC 9110 section 7.6.1). */
const CLOSE = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i

/** The headers of a stream. */
interface Head {
  /** The ones that hooks have set. */
  readonly own: StreamHeaders
  readonly connection: string
  /** All of them, valid. */
  readonly headers: StreamHeaders
  /** The same, encoded. */
  readonly lines: string
}

/** Turns requests into open streams. */
@Injectable()
export class StreamOpenerService implements OnModuleInit {
  private readonly headers: Readonly<Record<string, string>>
  /** The head of the latest stream. Nearly all streams have the same one, which is then checked and encoded once. */
  private latest: Head = { own: {}, connection: '', headers: {}, lines: '' }

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
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.headers = streamHeaders(config.streams.forceRefresh)
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
    const isChunked = request.raw.httpVersionMinor > 0
    const isPersistent = isChunked && !CLOSE.test(request.headers.connection ?? '')
    const head = this.headOf(reply, isPersistent ? 'keep-alive' : 'close')
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
    if (wanted.namespaces.includes(RAW)) {
      this.bus.emit('subscriber.opening', { namespaces: wanted.namespaces })
      afterTurns(RAW_TURNS, () => this.start(wanted, client, request, reply, head))
    } else afterTurns(TURNS, () => this.start(wanted, client, request, reply, head))
  }

  /** The headers of the hooks, which include CORS, then the headers of streams. */
  private headOf(reply: FastifyReply, connection: string): Head {
    const own = reply.getHeaders()
    const { latest } = this
    if (connection === latest.connection && isSame(own, latest.own)) return latest
    const headers = { ...own, ...this.headers, connection }
    const invalid = invalidHeaders(headers)
    if (invalid.length === 0) {
      this.latest = { own, connection, headers, lines: headerLines(headers) }
      return this.latest
    }
    // The answer with the error can't carry them either.
    for (const name of invalid) reply.removeHeader(name)
    const names = invalid.map((name) => JSON.stringify(name)).join(', ')
    throw new AppError('ERR_STREAM_HEADER', `a hook has set headers that no answer can carry: ${names}. Encode their names and values`)
  }

  private start(
    { namespaces, isNamed }: StreamRequest,
    client: SubscriberRequest,
    { raw: request }: FastifyRequest,
    { raw: response }: FastifyReply,
    { headers, lines }: Head,
  ): void {
    const outlet = this.transport.takeOver(request, response, headers)
    if (outlet === null) {
      this.admission.release(client.clientIp)
      request.socket.destroy()
      return
    }
    this.connections.release(request.socket)
    const { streams, renewal } = this.config
    const isHttp11 = request.httpVersionMinor > 0
    const isChunked = isHttp11 && !outlet.isFramedByNode
    const head = outlet.isFramedByNode ? null : encodeStreamHead(lines, isHttp11, new Date())
    const { retryMs, lifeMs } = renewalOf({ namespaces, isNamed }, streams.forceRefresh, renewal, Math.random)
    const nowMs = performance.now()
    const subscriber = this.hub.open({ namespaces, isNamed, isChunked, ...NO_OPTIONS }, client, outlet, nowMs + lifeMs)
    subscriber.send(encodePrelude({ head, isChunked, retryMs, token: client.token }), client.token === null ? 0 : 1, nowMs)
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
    }
  }
}

function afterTurns(turns: number, callback: () => void): void {
  setImmediate(turns === 1 ? callback : () => afterTurns(turns - 1, callback))
}

/** Two lists are never the same, since their elements may change. */
function isSame(some: StreamHeaders, others: StreamHeaders): boolean {
  let count = 0
  for (const name in some) {
    const value = some[name]
    if (typeof value === 'object' || value !== others[name]) return false
    count++
  }
  return count === Object.keys(others).length
}

function exceptionOf({ status, message, refused }: RequestFault): HttpException {
  if (status === 404) return new NotFoundException(message)
  return new BadRequestException(refused === undefined ? message : { message, error: 'Bad Request', statusCode: status, refused })
}
