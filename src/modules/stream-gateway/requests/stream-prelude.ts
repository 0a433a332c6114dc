import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RenewalConfig } from '../../../common/config/app-config.js'
import { DETAILS, detailId, isOfEps, RAW } from '../../../common/core/namespace.js'
import { chunkText, encodeComment, idField, retryField } from '../../../common/core/sse-frame.js'
import { AppError } from '../../../common/platform/errors.js'
import type { ResetReason } from '../../../common/stats/reasons.js'
import type { StreamHeaders } from '../transport/outlet.js'

const GREETING = encodeComment('ok').toString()
/** How much earlier than planned a stream may be closed, so that streams that opened together do not reopen together. */
const JITTER = 0.2
/** The least and the greatest part of RETRY_MS, so that streams that are cut together do not reopen together. */
const LEAST_RETRY = 0.5
const RETRY_SPREAD = 1
/** The option `close` in the list of a Connection header (RFC 9110 section 7.6.1). */
const CLOSE = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i

/** The part of a stream's first bytes that says where it has begun. */
export interface Opening {
  /** The event id of the beginning; null where frames carry no ids. */
  readonly id: string | null
  /** Why the stream does not continue after the id that its client has sent; null where it does, or where there is none. */
  readonly reset: ResetReason | null
  /** The number of messages that are missing between that id and the beginning, null where it is unknown; null for no gap. */
  readonly gap: { readonly missed: number | null } | null
}

/** The opening of a stream without options. */
export const PLAIN_OPENING: Opening = { id: null, reset: null, gap: null }

/** The first bytes of a stream, up to its snapshot. */
export interface Prelude {
  /** Null where Node writes head and chunk framing. */
  readonly head: string | null
  readonly isChunked: boolean
  /** How long the client is to wait before it reconnects, ms. */
  readonly retryMs: number
  readonly token: string | null
  readonly opening: Opening
  /** True where a snapshot follows. */
  readonly hasSnapshot: boolean
}

/**
 * In one buffer: the head, unless Node writes it, then `:ok`, the reconnect time, and what the client has asked for: the id of the
 * beginning, the token, the reason of a reset or the notice of a gap, and in front of a snapshot its id.
 */
export function encodePrelude({ head, isChunked, retryMs, token, opening: { id, reset, gap }, hasSnapshot }: Prelude): Buffer {
  const idLine = id === null ? '' : `id:${id}\n`
  let body = GREETING + retryField(retryMs)
  if (id !== null) body += idField(id)
  if (token !== null) body += `event:token\ndata:${token}\n\n`
  if (reset !== null) body += `${idLine}event:reset\ndata:{"reason":"${reset}"}\n\n`
  if (gap !== null) body += `${idLine}event:gap\ndata:{"missed":${gap.missed}}\n\n`
  if (hasSnapshot) body += idLine
  return Buffer.from((head ?? '') + (isChunked ? chunkText(body) : body), 'latin1')
}

/** How many frames a prelude holds, without a snapshot. */
export const framesIn = ({ token, opening: { reset, gap } }: Pick<Prelude, 'token' | 'opening'>): number =>
  [token, reset, gap].filter((each) => each !== null).length

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

/** The planned end of a stream, and the reconnect of its client. */
export interface Renewal {
  /** How long the client is to wait before it reconnects, ms. */
  readonly retryMs: number
  /** How long the stream lives at most; Infinity where no end is planned. */
  readonly lifeMs: number
}

/**
 * Where a refresh is forced, raw, eps and multiplexed streams follow the score pair of variables and details the detail pair. All others
 * get RETRY_MS, each a different part of it. Browsers keep the last time of all, so every stream states its own. The bound on the age holds
 * for all.
 * @param random returns 0 to 1
 */
export function renewalOf(
  kind: { readonly namespaces: readonly string[]; readonly isNamed: boolean },
  isForced: boolean,
  config: RenewalConfig,
  random: () => number,
): Renewal {
  const pair = isForced ? pairOf(kind, config) : null
  const longestMs = Math.min(config.maxAgeMs, pair?.closeMs ?? Number.POSITIVE_INFINITY)
  return { retryMs: pair?.retryMs ?? jittered(config.retryMs, random()), lifeMs: longestMs * (1 - JITTER * random()) }
}

const jittered = (ms: number, random: number) => Math.max(1, Math.round(ms * (LEAST_RETRY + RETRY_SPREAD * random)))

function pairOf({ namespaces: [first = ''], isNamed }: Parameters<typeof renewalOf>[0], { score, detail }: RenewalConfig) {
  if (isNamed || isOfEps(first) || first === RAW) return score
  return first === DETAILS || detailId(first) !== null ? detail : null
}
