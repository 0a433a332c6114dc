import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyHttpOptions, RawServerDefault } from 'fastify'
import type { AppConfig } from './common/config/app-config.js'

/** A request line and its headers are bounded by Node to 16 KiB; ids have a bound of their own, which answers with a better message. */
const MAX_PARAM_LENGTH = 16_384
const SLOW_REQUEST_MS = 10_000
const KEEP_ALIVE_MS = 5_000
const PREFLIGHT_MAX_AGE_S = 86_400

/** Pending connections that the kernel keeps for us; Nest's default of 511 refuses clients that come back all at once. */
export const BACKLOG = 4096

export const httpOptions: FastifyHttpOptions<RawServerDefault> = {
  // Fastify switches Node's own bound on slow requests off (its default suits servers behind a proxy); a stream's request is over when it starts.
  requestTimeout: SLOW_REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  http: { headersTimeout: SLOW_REQUEST_MS, connectionsCheckingInterval: SLOW_REQUEST_MS / 2 },
  routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
}

/** CORS and caching: everything under /subscribe is for any page to read, nothing else is for pages of other origins, or for caches. */
export function configureHttp(app: NestFastifyApplication, { streams }: AppConfig): void {
  app.enableCors({
    origin: streams.corsOrigins.includes('*') ? '*' : [...streams.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'OPTIONS'],
    maxAge: PREFLIGHT_MAX_AGE_S,
    strictPreflight: false,
  })
  const fastify = app.getHttpAdapter().getInstance()
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', isUnderSubscribe(request.url) ? 'no-cache' : 'no-store')
    done()
  })
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (!isUnderSubscribe(request.url)) reply.removeHeader('access-control-allow-origin').removeHeader('vary')
    done()
  })
}

const isUnderSubscribe = (url: string) => /^\/subscribe(?:[/?]|$)/.test(url)
