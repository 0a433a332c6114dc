import type { FastifyReply, FastifyRequest } from 'fastify'
import { encodeRetry } from '../../../common/core/sse-frame.js'
import type { AppEvents } from '../../../common/event-bus/app-events.js'

/** Why a stream is refused. */
export type RefusalReason = AppEvents['connection.refused']['reason']

const TOO_MANY = { status: 429, error: 'Too Many Requests' }
const UNAVAILABLE = { status: 503, error: 'Service Unavailable' }

const ANSWERS = {
  full: { ...UNAVAILABLE, message: 'too many streams are open here: come back later' },
  'per-address': { ...TOO_MANY, message: 'too many streams are open from your address: close some, or come back later' },
  rate: { ...TOO_MANY, message: 'too many streams are being opened here: come back later' },
  draining: { ...UNAVAILABLE, message: 'this node is stopping: come back later' },
}

/**
 * Answers the request for a stream that is refused, in a way that its client understands. An EventSource gets a stream that carries the time to wait before a
 * reconnect, and ends: it never reconnects after an error status (https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection). Any
 * other client gets the status, with Retry-After.
 * @param headers those of a stream
 */
export function refuse(
  reason: RefusalReason,
  retryMs: number,
  request: FastifyRequest,
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
): void {
  // The connection closes, to free its descriptor.
  reply.header('connection', 'close')
  if (request.headers.accept?.includes('text/event-stream')) {
    reply.headers(headers).send(encodeRetry(retryMs).toString())
    return
  }
  const { status, error, message } = ANSWERS[reason]
  reply
    .code(status)
    .header('retry-after', String(Math.ceil(retryMs / 1000)))
    .send({ message, error, statusCode: status })
}
