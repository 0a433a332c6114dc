import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { BadRequestException, PayloadTooLargeException } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyHttpOptions, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import { ConnectionsRegistry } from '../common/access/connections.registry.js'
import type { AppConfig } from '../common/config/app-config.js'
import { EventBus } from '../common/event-bus/event-bus.js'
import { JSON_TYPE } from '../common/platform/static-pages.js'
import type { RejectionReason } from '../common/stats/reasons.js'

/** Node bounds the request line and headers to 16 KiB. The bound of ids is lower and answers with a clearer message. */
const MAX_PARAM_LENGTH = 16_384
const SLOW_REQUEST_MS = 10_000
const PREFLIGHT_MAX_AGE_S = 86_400
const MALFORMED_URL = JSON.stringify({ message: 'the path is not valid percent-encoded UTF-8', error: 'Bad Request', statusCode: 400 })

/** The length of the kernel's queue of pending connections. Nest's default of 511 refuses clients that all reconnect at once. */
export const BACKLOG = 4096

export function httpOptions({ streams, keepAliveMs }: AppConfig): FastifyHttpOptions<RawServerDefault> {
  return {
    // Fastify disables Node's timeout of slow requests by default. A stream is not affected: its request is complete before it starts.
    requestTimeout: SLOW_REQUEST_MS,
    keepAliveTimeout: keepAliveMs,
    http: { headersTimeout: SLOW_REQUEST_MS, connectionsCheckingInterval: SLOW_REQUEST_MS / 2, requireHostHeader: false },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // For a malformed URL the router runs no hook, not even for CORS and caching, and its own answer would repeat the URL.
    frameworkErrors: (_error, request, reply) => {
      request.server.rejected('malformed')
      reply.hijack()
      const headers = { ...corsHeaders(request, streams.corsOrigins), 'cache-control': cachingOf(request.url), 'content-type': JSON_TYPE }
      reply.raw.writeHead(400, headers).end(MALFORMED_URL)
    },
  }
}

/**
 * CORS and caching. Pages of other origins may read everything under /subscribe and nothing else. Caches may keep the assets of the pages
 * and nothing else.
 */
export function configureHttp(app: NestFastifyApplication, { streams }: AppConfig): void {
  app.enableCors({
    origin: streams.corsOrigins.includes('*') ? '*' : [...streams.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
    maxAge: PREFLIGHT_MAX_AGE_S,
    strictPreflight: false,
  })
  const instance = app.getHttpAdapter().getInstance()
  boundConnections(instance, app.get(ConnectionsRegistry))
  announceRejections(instance, app.get(EventBus))
  ignoreCleanupBodies(instance)
  instance.addHook('onSend', (request, reply, _payload, done) => {
    // Outside /subscribe a controller may set a header of its own, as that of the immutable assets does.
    if (isUnderSubscribe(request.url) || !reply.hasHeader('cache-control')) reply.header('cache-control', cachingOf(request.url))
    if (!isUnderSubscribe(request.url)) {
      for (const name of Object.keys(reply.getHeaders())) if (name.startsWith('access-control-')) reply.removeHeader(name)
      // CORS sets it; another one is a controller's own.
      if (reply.getHeader('vary') === 'Origin') reply.removeHeader('vary')
    }
    done()
  })
}

/** Bounds the connections that carry no stream. Fastify doesn't see a request that is one too many. */
function boundConnections({ server }: FastifyInstance, connections: ConnectionsRegistry): void {
  server.on('connection', (socket) => connections.add(socket, performance.now()))
  const handlers = server.listeners('request')
  server.removeAllListeners('request').on('request', (request, response) => {
    if (!connections.onRequest(request, response, performance.now())) return
    for (const handler of handlers) Reflect.apply(handler, server, [request, response])
  })
}

function corsHeaders({ url, headers }: { url: string; headers: IncomingHttpHeaders }, origins: readonly string[]): OutgoingHttpHeaders {
  if (!isUnderSubscribe(url)) return {}
  if (origins.includes('*')) return { 'access-control-allow-origin': '*' }
  const allowed = origins.find((origin) => origin === headers.origin)
  return { vary: 'Origin', ...(allowed !== undefined && { 'access-control-allow-origin': allowed }) }
}

/** The path of a request's target, which proxies may send in absolute form (RFC 9112, section 3.2.2). */
const FIRST_SEGMENT = /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?\/([^/?#]*)/i

/** Goes by the first segment of the path, in which any letter may be encoded. */
function isUnderSubscribe(url: string): boolean {
  const [, segment = ''] = FIRST_SEGMENT.exec(url) ?? []
  return segment.replace(/%([2-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))) === 'subscribe'
}

const cachingOf = (url: string) => (isUnderSubscribe(url) ? 'no-cache' : 'no-store')

const CLEANUP = '/subscribe/cleanup/'
/** The content type that replaces the one of every cleanup request. No client sends it by itself. */
const IGNORED = 'application/x-ignored'
const MAX_BYTES = 1024

/**
 * Accepts and ignores any body of at most 1 KB on the cleanup routes, whatever its content type, a malformed one included. The URL holds
 * all of such a request; browsers send it as a beacon while a page unloads, with a body and a type of their choice. Fastify selects a
 * parser by the content type alone.
 */
function ignoreCleanupBodies(instance: FastifyInstance): void {
  instance.addContentTypeParser(IGNORED, (_request, payload, done) => {
    let bytes = 0
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BYTES) return
      payload.off('data', onData).off('end', onEnd).pause()
      done(new PayloadTooLargeException(`the body of a cleanup request is ignored, and may have at most ${MAX_BYTES} bytes`))
    }
    const onEnd = () => done(null)
    payload.on('data', onData).on('end', onEnd)
  })
  instance.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url?.startsWith(CLEANUP)) request.headers = { 'content-type': IGNORED }
    done()
  })
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Announces a rejected request that the hooks below don't see. */
    rejected(reason: RejectionReason): void
  }
}

const PAYLOAD_TOO_LARGE = 413

/**
 * Announces each request that ends before it reaches a controller: timeouts, large headers and malformed HTTP, which Node's server
 * detects and Fastify answers (408, 431, 400); bodies over their bound (413); and HTTP/1.1 without a Host header, which Node would reject
 * without an event (`requireHostHeader`).
 */
function announceRejections(instance: FastifyInstance, bus: EventBus): void {
  const rejected = (reason: RejectionReason) => bus.emit('request.rejected', { reason })
  instance.decorate('rejected', rejected)
  // Fastify has a listener of its own, which answers and ends the connection.
  instance.server.on('clientError', (error: NodeJS.ErrnoException) => {
    const reason = rejectionOf(error.code)
    if (reason !== null) rejected(reason)
  })
  // The CORS hook is an `onRequest` hook; `preParsing` comes after it, so that pages can read this answer.
  instance.addHook('preParsing', ({ raw }, reply, _payload, done) => {
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return done()
    rejected('malformed')
    reply.header('connection', 'close')
    done(new BadRequestException('HTTP/1.1 requires a Host header'))
  })
  // A controller may answer 413 itself, also to a request without a body. `preValidation` comes once the body is parsed.
  const received = new WeakSet<FastifyRequest>()
  instance.addHook('preValidation', (request, _reply, done) => {
    received.add(request)
    done()
  })
  instance.addHook('onSend', (request, { statusCode }, _payload, done) => {
    if (statusCode === PAYLOAD_TOO_LARGE && !received.has(request)) rejected('too-large')
    done()
  })
}

/** The reason for an error code of Node's server; null for a connection that broke or was reset, which held no request. */
export function rejectionOf(code: string | undefined): RejectionReason | null {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout'
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'too-large'
  return code?.startsWith('HPE_') ? 'malformed' : null
}
