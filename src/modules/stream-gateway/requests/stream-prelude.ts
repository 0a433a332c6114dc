import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { RenewalConfig } from '../../../common/config/app-config.js'
import { DETAILS, detailId, isOfEps, RAW } from '../../../common/core/namespace.js'
import { chunkText, encodeComment, encodeEventName, encodeFrame, retryField } from '../../../common/core/sse-frame.js'
import type { StreamHeaders } from '../transport/outlet.js'

const GREETING = encodeComment('ok').toString()
const TOKEN_EVENT = encodeEventName('token')
/** How much earlier than planned a stream may be closed, so that streams that opened together do not reopen together. */
const JITTER = 0.2
/** The least and the greatest part of RETRY_MS, so that streams that are cut together do not reopen together. */
const LEAST_RETRY = 0.5
const RETRY_SPREAD = 1

/**
 * The first bytes of a stream, in one buffer: its head, unless Node writes it, then `:ok`, then the reconnect time and, where the client
 * asked for it, the token.
 */
export interface Prelude {
  /** Null where Node writes head and chunk framing. */
  readonly head: string | null
  readonly isChunked: boolean
  /** How long the client is to wait before it reconnects, ms. */
  readonly retryMs: number
  readonly token: string | null
}

export function encodePrelude({ head, isChunked, retryMs, token }: Prelude): Buffer {
  const tokenFrame = token === null ? '' : encodeFrame(Buffer.from(token), TOKEN_EVENT).toString('latin1')
  const body = `${GREETING}${retryField(retryMs)}${tokenFrame}`
  return Buffer.from((head ?? '') + (isChunked ? chunkText(body) : body), 'latin1')
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
