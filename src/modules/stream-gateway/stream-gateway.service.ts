import type { Socket } from 'node:net'
import { BadRequestException, HttpException, Injectable, NotFoundException, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ClientAddressResolver } from '../../common/access/client-address.js'
import { AppConfig } from '../../common/config/app-config.js'
import { encodeStreamHead, streamHeaders } from '../../common/core/stream-head.js'
import { AdmissionService } from './admission.service.js'
import { Arrivals } from './arrivals.js'
import type { AudienceKind } from './audience.js'
import { newToken, wantsToken } from './connection-token.js'
import { DrainService } from './drain.service.js'
import { Hub } from './hub.js'
import { NamespaceRegistry } from './namespace-registry.js'
import { encodeOpening } from './opening.js'
import { OutletFactory } from './outlet-factory.js'
import { refuse } from './refusal.js'
import { renewalOf } from './renewal.js'
import { SocketListeners } from './socket-listeners.js'
import { splitUrl } from './split-url.js'
import { StreamLog } from './stream-log.js'
import { type NamespaceFault, namespaceFault, parseStreamQuery } from './stream-query.js'
import type { SubscriberRequest } from './subscriber.js'
import { noteRequest, takeOver } from './take-over.js'

const MAX_USER_AGENT = 256

/** Turns requests into open streams. The controllers of the streams call it. */
@Injectable()
export class StreamGatewayService implements OnModuleInit {
  private readonly headers: Readonly<Record<string, string>>
  private readonly listeners = new SocketListeners()

  constructor(
    private readonly config: AppConfig,
    private readonly hub: Hub,
    private readonly outlets: OutletFactory,
    private readonly arrivals: Arrivals,
    private readonly admission: AdmissionService,
    private readonly drain: DrainService,
    private readonly clients: ClientAddressResolver,
    private readonly adapterHost: HttpAdapterHost,
    private readonly log: StreamLog,
    private readonly namespaces: NamespaceRegistry,
  ) {
    this.headers = streamHeaders(config.streams.forceRefresh)
  }

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getHttpServer()
    // In front of Fastify's own listener, so that a request is noted before any handler runs.
    server.prependListener('request', noteRequest)
    server.on('connection', () => this.arrivals.note())
  }

  /**
   * Answers the request with the stream of one namespace.
   * @throws NotFoundException for one that isn't served, BadRequestException for a malformed one
   */
  openOne(namespace: string, request: FastifyRequest, reply: FastifyReply): void {
    const fault = namespaceFault(namespace, this.namespaces.served)
    if (fault !== null) throw refusal(fault)
    this.open([namespace], false, request, reply)
  }

  /**
   * Answers the request with several namespaces on one connection, as its query says.
   * @throws BadRequestException naming the choices
   */
  openMultiplexed(request: FastifyRequest, reply: FastifyReply): void {
    const namespaces = parseStreamQuery(splitUrl(request.url).query, this.namespaces.served)
    if ('status' in namespaces) throw refusal(namespaces)
    this.open(namespaces, true, request, reply)
  }

  private open(namespaces: readonly string[], isNamed: boolean, request: FastifyRequest, reply: FastifyReply): void {
    const hasToken = wantsToken(splitUrl(request.url).query)
    if (hasToken === null) throw new BadRequestException('token must be 1, or left out')
    const description = this.describe(request)
    const reason = request.method === 'HEAD' ? null : this.admission.admit(description.clientIp, performance.now())
    if (reason !== null) return void refuse(reason, this.admission.retryMs(Math.random()), request, reply, this.headers)
    const isChunked = request.raw.httpVersionMinor > 0
    const isPersistent = isChunked && request.headers.connection?.toLowerCase() !== 'close'
    reply
      .headers(this.headers)
      .header('connection', isPersistent ? 'keep-alive' : 'close')
      .hijack()
    const headers = reply.getHeaders()
    if (request.method === 'HEAD') {
      this.log.head(description)
      return void reply.raw.setHeaders(new Map(Object.entries(headers).map(([name, value]) => [name, value ?? '']))).end()
    }
    const head = Buffer.from(encodeStreamHead(headers, isChunked, new Date()), 'latin1')
    // Not before the bytes that held the request are parsed to their end: what else they hold would be answered into the stream.
    setImmediate(() => {
      const socket = takeOver(request.raw, reply.raw)
      if (socket === null) {
        this.admission.release(description.clientIp)
        request.raw.socket.destroy()
      } else this.start(socket, head, { namespaces, isNamed, isChunked }, hasToken, description)
    })
  }

  private start(socket: Socket, head: Buffer, kind: AudienceKind, hasToken: boolean, request: SubscriberRequest): void {
    const nowMs = performance.now()
    const { streams, renewal } = this.config
    const { retryMs, lifeMs } = renewalOf(kind, streams.forceRefresh, renewal, Math.random())
    const subscriber = this.hub.open(kind, request, this.outlets.over(socket), nowMs)
    subscriber.expiresAtMs = nowMs + lifeMs
    subscriber.token = hasToken ? newToken() : null
    this.listeners.attach(socket, subscriber)
    const opening = encodeOpening(retryMs, subscriber.token, kind.isChunked)
    subscriber.send(Buffer.concat([head, subscriber.audience.greeting, opening]), hasToken ? 1 : 0, nowMs)
    this.hub.followers.greet(subscriber, nowMs)
    this.drain.admit(subscriber)
  }

  private describe(request: FastifyRequest): SubscriberRequest {
    const { address, isShared } = this.clients.of(request)
    return {
      requestPath: splitUrl(request.url).path,
      clientIp: address,
      hasSharedIp: isShared,
      userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT),
    }
  }
}

function refusal({ status, message, refused }: NamespaceFault): HttpException {
  if (status === 404) return new NotFoundException(message)
  return new BadRequestException(refused === undefined ? message : { message, error: 'Bad Request', statusCode: status, refused })
}
