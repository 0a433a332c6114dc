import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyHttpOptions, RawServerDefault } from 'fastify'
import type { AppConfig } from '../common/config/app-config.js'
import { EventBus } from '../common/event-bus/event-bus.js'
import { announceRejections, ignoreCleanupBodies } from './http-hooks.js'

/** Node bounds the request line and headers to 16 KiB. The bound of ids is lower and answers with a clearer message. */
const MAX_PARAM_LENGTH = 16_384
const SLOW_REQUEST_MS = 10_000
const KEEP_ALIVE_MS = 5_000
const PREFLIGHT_MAX_AGE_S = 86_400
const JSON_TYPE = 'application/json; charset=utf-8'
const MALFORMED_URL = JSON.stringify({ message: 'the path is not valid percent-encoded UTF-8', error: 'Bad Request', statusCode: 400 })

/** The length of the kernel's queue of pending connections. Nest's default of 511 refuses clients that all reconnect at once. */
export const BACKLOG = 4096

export function httpOptions({ streams }: AppConfig): FastifyHttpOptions<RawServerDefault> {
  return {
    // Fastify disables Node's timeout of slow requests by default. A stream is not affected: its request is complete before it starts.
    requestTimeout: SLOW_REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: SLOW_REQUEST_MS, connectionsCheckingInterval: SLOW_REQUEST_MS / 2, requireHostHeader: false },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // For a malformed URL the router runs no hook, not even those of CORS and caching, and its own answer would repeat the URL.
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
  announceRejections(instance, app.get(EventBus))
  ignoreCleanupBodies(instance)
  instance.addHook('onSend', (request, reply, _payload, done) => {
    // Outside /subscribe a controller may set a header of its own, as that of the immutable assets does.
    if (isUnderSubscribe(request.url) || !reply.hasHeader('cache-control')) reply.header('cache-control', cachingOf(request.url))
    if (!isUnderSubscribe(request.url)) {
      for (const name of Object.keys(reply.getHeaders())) if (name.startsWith('access-control-')) reply.removeHeader(name)
      reply.removeHeader('vary')
    }
    done()
  })
}

function corsHeaders({ url, headers }: { url: string; headers: IncomingHttpHeaders }, origins: readonly string[]): OutgoingHttpHeaders {
  if (!isUnderSubscribe(url)) return {}
  if (origins.includes('*')) return { 'access-control-allow-origin': '*' }
  const allowed = origins.find((origin) => origin === headers.origin)
  return { vary: 'Origin', ...(allowed !== undefined && { 'access-control-allow-origin': allowed }) }
}

const isUnderSubscribe = (url: string) => /^\/subscribe(?:[/?]|$)/.test(url)

const cachingOf = (url: string) => (isUnderSubscribe(url) ? 'no-cache' : 'no-store')
