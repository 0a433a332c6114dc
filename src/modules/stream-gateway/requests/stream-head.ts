import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../../common/platform/errors.js'
import type { StreamHeaders } from '../transport/outlet.js'

/** The option `close` in the list of a Connection header (RFC 9110 section 7.6.1). */
const CLOSE = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i

/** The headers of a stream. */
export interface StreamHead {
  /** The ones that hooks have set. */
  readonly own: StreamHeaders
  readonly connection: string
  /** All of them, valid. */
  readonly headers: StreamHeaders
  /** The same, encoded. */
  readonly lines: string
}

/** Makes the heads of streams. */
export class StreamHeads {
  /** The head of the latest stream. Nearly all streams have the same one, which is then checked and encoded once. */
  private latest: StreamHead = { own: {}, connection: '', headers: {}, lines: '' }

  /** @param common the headers of all streams */
  constructor(private readonly common: Readonly<Record<string, string>>) {}

  /**
   * The headers of the hooks, which include CORS, then the headers of streams.
   * @throws AppError ERR_STREAM_HEADER for a header that a hook has set and no answer can carry
   */
  of({ raw }: FastifyRequest, reply: FastifyReply): StreamHead {
    const isPersistent = raw.httpVersionMinor > 0 && !CLOSE.test(raw.headers.connection ?? '')
    const connection = isPersistent ? 'keep-alive' : 'close'
    const own = reply.getHeaders()
    const { latest } = this
    if (connection === latest.connection && isSame(own, latest.own)) return latest
    const headers = { ...own, ...this.common, connection }
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

/** The names of the headers that no head can carry. A value with a line break would split the head. */
export const invalidHeaders = (headers: StreamHeaders): string[] => Object.keys(headers).filter((name) => !isValid(name, headers[name]))

function isValid(name: string, value: StreamHeaders[string]): boolean {
  try {
    validateHeaderName(name)
    for (const element of elementsOf(value)) validateHeaderValue(name, element)
    return true
  } catch {
    return false
  }
}

function elementsOf(value: StreamHeaders[string]): readonly string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [String(value)]
}

/** The lines of headers, all of them valid. Each element of a list has a line. */
export function headerLines(headers: StreamHeaders): string {
  let lines = ''
  for (const name in headers) for (const element of elementsOf(headers[name])) lines += `${name}: ${element}\r\n`
  return lines
}

/**
 * Status line and headers of an open stream. HTTP/1.1 gets chunked framing; HTTP/1.0, which has none, a plain body that ends with the
 * connection.
 */
export function encodeStreamHead(lines: string, isChunked: boolean, now: Date): string {
  return `HTTP/1.1 200 OK\r\n${lines}date: ${now.toUTCString()}\r\n${isChunked ? 'transfer-encoding: chunked\r\n' : ''}\r\n`
}
