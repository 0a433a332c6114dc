import { randomBytes } from 'node:crypto'
import { idFault, idOf, MAX_ID_BYTES } from '../../../common/core/namespace.js'
import { NO_OPTIONS, parseStreamOptions, type StreamOptions } from './stream-options.js'

/** The most namespaces on one connection. */
export const MAX_NAMESPACES = 64
/** The most bytes of all namespaces on one connection: the server keeps them for each audience and each report. */
export const MAX_NAMESPACE_BYTES = 2048
const STREAM = 'stream='
const TOKEN = 'token'
const TOKEN_BYTES = 16
/** The form of a token: `TOKEN_BYTES` bytes in base64url. */
const TOKEN_FORM = /^[\w-]{22}$/

/** The request for a stream, as its URL says it. */
export interface StreamRequest {
  /** As sent, without the query. */
  readonly path: string
  readonly namespaces: readonly string[]
  /** True for `/subscribe?stream=…`: frames carry names there. */
  readonly isNamed: boolean
  readonly options: StreamOptions
}

/** The value of a header, as Node has parsed it. */
type HeaderValue = string | readonly string[] | undefined

/**
 * Why a request is refused. For several namespaces: the message of the first bad one, and all bad ones; the server would serve the rest.
 */
export interface RequestFault {
  readonly status: 400 | 404
  readonly message: string
  readonly refused?: readonly string[]
}

/** A request's URL as sent, cut at its first question mark. */
export function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?')
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

/**
 * Reads a request for one namespace, which its path names.
 * @param lastEventId the header of the request
 */
export function parseStreamRequest(
  url: string,
  namespace: string,
  served: ReadonlySet<string>,
  lastEventId?: HeaderValue,
): StreamRequest | RequestFault {
  const { path, query } = splitUrl(url)
  return namespaceFault(namespace, served) ?? withOptions({ path, namespaces: [namespace], isNamed: false }, query, lastEventId)
}

/**
 * Reads a request for several namespaces, `/subscribe?stream=eps&stream=details/2665`: each once, unknown parameters are ignored.
 * @param lastEventId the header of the request
 */
export function parseMultiplexedRequest(url: string, served: ReadonlySet<string>, lastEventId?: HeaderValue): StreamRequest | RequestFault {
  // The query as sent: a lenient parser would let malformed encodings through as they are.
  const { path, query } = splitUrl(url)
  const given = query.split('&').filter((parameter) => parameter.startsWith(STREAM))
  if (given.length === 0)
    return { status: 400, message: `say which streams: ?stream=<name>, as often as you like; there are ${choices(served)}` }
  const decoded = given.map((parameter) => decode(parameter.slice(STREAM.length)))
  if (!decoded.every((name) => name !== null)) return { status: 400, message: 'stream: not valid percent-encoded UTF-8' }
  const namespaces = [...new Set(decoded)]
  return multiplexFault(namespaces, served) ?? withOptions({ path, namespaces, isNamed: true }, query, lastEventId)
}

/** Checks one namespace against the ones that this node serves. Returns null for a good one. */
export function namespaceFault(namespace: string, served: ReadonlySet<string>): RequestFault | null {
  if (served.has(namespace)) return null
  const id = idOf(namespace)
  if (id === null) return { status: 404, message: `no such stream; there are ${choices(served)}` }
  const message = idRefusal(id)
  return message === null ? null : { status: 400, message }
}

/** Why an id of a request is refused, in words; null for a good one. */
export function idRefusal(id: string): string | null {
  const fault = idFault(Buffer.from(id))
  return fault === null ? null : `the id is refused (${fault}): ids are 1 to ${MAX_ID_BYTES} bytes of UTF-8 without control characters`
}

/** The secret name of one stream, which only its client knows. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url')

/** The token that the query of a cleanup names: null where it names none, `''`, which no stream has, for anything that is not a token. */
export function tokenIn(query: string): string | null {
  const [value, ...more] = valuesOf(query, TOKEN)
  if (value === undefined) return null
  return more.length === 0 && TOKEN_FORM.test(value) ? value : ''
}

function multiplexFault(namespaces: readonly string[], served: ReadonlySet<string>): RequestFault | null {
  const refused = new Map<string, string>()
  let bytes = 0
  let count = 0
  for (const name of namespaces) {
    const fault = count < MAX_NAMESPACES ? namespaceFault(name, served) : null
    count++
    bytes += Buffer.byteLength(name)
    if (fault !== null) refused.set(name, `stream: ${fault.message}`)
    else if (count > MAX_NAMESPACES) refused.set(name, `at most ${MAX_NAMESPACES} streams on one connection`)
    else if (bytes > MAX_NAMESPACE_BYTES)
      refused.set(name, `at most ${MAX_NAMESPACE_BYTES} bytes of stream names on one connection: open another one for the rest`)
  }
  const [message] = refused.values()
  return message === undefined ? null : { status: 400, message, refused: [...refused.keys()] }
}

function withOptions(request: Omit<StreamRequest, 'options'>, query: string, lastEventId: HeaderValue): StreamRequest | RequestFault {
  const isPlain = query === '' && lastEventId === undefined
  const options = isPlain ? NO_OPTIONS : parseStreamOptions(query, lastEventId, request.namespaces)
  return 'status' in options ? options : { ...request, options }
}

const valuesOf = (query: string, name: string): string[] => (query === '' ? [] : new URLSearchParams(query).getAll(name))

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return null
  }
}

const choices = (served: ReadonlySet<string>) => [...served, 'details/<id>', 'eps/<id>'].join(', ')
