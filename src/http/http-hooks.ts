import { BadRequestException, PayloadTooLargeException } from '@nestjs/common'
import type { FastifyInstance } from 'fastify'
import type { AppEvents } from '../common/event-bus/app-events.js'
import type { EventBus } from '../common/event-bus/event-bus.js'

const CLEANUP = '/subscribe/cleanup/'
/** The content type that replaces the one of every cleanup request. No client sends it by itself. */
const IGNORED = 'application/x-ignored'
const MAX_BYTES = 1024

/**
 * Accepts and ignores any body of at most 1 KB on the cleanup routes, whatever its content type, a malformed one included. The URL holds
 * all of such a request; browsers send it as a beacon while a page unloads, with a body and a type of their choice. Fastify selects a
 * parser by the content type alone.
 */
export function ignoreCleanupBodies(instance: FastifyInstance): void {
  instance.addContentTypeParser(IGNORED, (_request, payload, done) => {
    let bytes = 0
    payload.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BYTES) return
      payload.removeAllListeners('data').removeAllListeners('end').pause()
      done(new PayloadTooLargeException(`the body of a cleanup request is ignored, and may have at most ${MAX_BYTES} bytes`))
    })
    payload.on('end', () => done(null))
  })
  instance.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.url?.startsWith(CLEANUP)) request.headers = { 'content-type': IGNORED }
    done()
  })
}

/** The reason for which a request was rejected. */
export type RejectionReason = AppEvents['request.rejected']['reason']

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
export function announceRejections(instance: FastifyInstance, bus: EventBus): void {
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
  instance.addHook('onSend', (_request, { statusCode }, _payload, done) => {
    if (statusCode === PAYLOAD_TOO_LARGE) rejected('too-large')
    done()
  })
}

/** The reason for an error code of Node's server; null for a connection that broke or was reset, which held no request. */
export function rejectionOf(code: string | undefined): RejectionReason | null {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout'
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'too-large'
  return code?.startsWith('HPE_') ? 'malformed' : null
}
