import { BadRequestException, PayloadTooLargeException } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'
import type { AppEvents } from '../common/event-bus/app-events.js'
import type { EventBus } from '../common/event-bus/event-bus.js'

const CLEANUP = '/subscribe/cleanup/'
/** What the cleanup requests are taken to send, whatever they say: nobody else's type. */
const IGNORED = 'application/x-ignored'
const MAX_BYTES = 1024

/**
 * Lets the cleanup requests carry any body of at most 1 KB under any content type, or a malformed one, and ignores it: they say everything in their
 * URL, and browsers send them while a page unloads, as a beacon, in whatever form. Fastify chooses a parser by the content type alone.
 */
export function ignoreCleanupBodies(instance: FastifyInstance): void {
  instance.addContentTypeParser(IGNORED, (_request, payload, done) => {
    let bytes = 0
    payload.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BYTES) return
      payload.removeAllListeners('data').removeAllListeners('end').pause()
      done(new PayloadTooLargeException(`a cleanup takes a body of ${MAX_BYTES} bytes at most, and ignores it`))
    })
    payload.on('end', () => done(null))
  })
  instance.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url?.startsWith(CLEANUP)) request.headers = { 'content-type': IGNORED }
    done()
  })
}

/** Why a request was rejected. */
export type RejectionReason = AppEvents['request.rejected']['reason']

declare module 'fastify' {
  interface FastifyInstance {
    /** Announces a request that was rejected where nothing here sees it. */
    rejected(reason: RejectionReason): void
  }
}

const PAYLOAD_TOO_LARGE = 413

/**
 * Announces each request that ends before it reaches a controller: what Node's HTTP server gives up on and Fastify answers (408, 431, 400), bodies over
 * their bound (413), and HTTP/1.1 without a host, which Node would reject without a word (`requireHostHeader`).
 */
export function announceRejections(instance: FastifyInstance, bus: EventBus): void {
  const rejected = (reason: RejectionReason) => bus.emit('request.rejected', { reason })
  instance.decorate('rejected', rejected)
  // Beside Fastify's own listener, which answers and ends the connection.
  instance.server.on('clientError', (error: NodeJS.ErrnoException) => {
    const reason = rejectionOf(error.code)
    if (reason !== null) rejected(reason)
  })
  // After CORS, which stands in `onRequest`, so that pages may read this answer like any other.
  instance.addHook('preParsing', ({ raw }, reply, _payload, done) => {
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return done()
    rejected('malformed')
    reply.header('connection', 'close')
    done(new BadRequestException('HTTP/1.1 wants a Host header'))
  })
  instance.addHook('onSend', (_request, { statusCode }, _payload, done) => {
    if (statusCode === PAYLOAD_TOO_LARGE) rejected('too-large')
    done()
  })
}

/** Null for what is no request at all: a connection that broke, or was reset by its client. */
export function rejectionOf(code: string | undefined): RejectionReason | null {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout'
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'too-large'
  return code?.startsWith('HPE_') ? 'malformed' : null
}
