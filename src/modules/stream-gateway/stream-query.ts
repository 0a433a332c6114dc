import { idFault, MAX_ID_BYTES } from '../../common/core/id-fault.js'
import { detailId } from '../../common/core/namespace.js'

/** The most namespaces on one connection. */
export const MAX_NAMESPACES = 64
const PARAMETER = 'stream='

/** Why a namespace can't be had; of several, why the first can't, and which can't: the others can. */
export type NamespaceFault = { readonly status: 400 | 404; readonly message: string; readonly refused?: readonly string[] }

/** Checks one namespace against those that this node serves. Returns null for a good one. */
export function namespaceFault(namespace: string, served: ReadonlySet<string>): NamespaceFault | null {
  if (served.has(namespace)) return null
  const id = detailId(namespace)
  if (id === null) return { status: 404, message: `no such stream; there are ${choices(served)}` }
  const message = idRefusal(id)
  return message === null ? null : { status: 400, message }
}

/** Why an id of a request is refused, in words; null for a good one. */
export function idRefusal(id: string): string | null {
  const fault = idFault(Buffer.from(id))
  return fault === null ? null : `the id is refused (${fault}): ids are 1 to ${MAX_ID_BYTES} bytes of UTF-8 without control characters`
}

/**
 * The namespaces of a multiplexed request, `?stream=eps&stream=details/2665`, each once. Other parameters are ignored.
 * @param query as sent, without the question mark: a lenient parser would let malformed encodings through as they are
 */
export function parseStreamQuery(query: string, served: ReadonlySet<string>): readonly string[] | NamespaceFault {
  const given = query.split('&').filter((parameter) => parameter.startsWith(PARAMETER))
  if (given.length === 0)
    return { status: 400, message: `say which streams: ?stream=<name>, as often as you like; there are ${choices(served)}` }
  const decoded = given.map((parameter) => decode(parameter.slice(PARAMETER.length)))
  if (!decoded.every((name) => name !== null)) return { status: 400, message: 'stream: not valid percent-encoded UTF-8' }
  const names = [...new Set(decoded)]
  const refused = new Map<string, string>()
  for (const name of names.slice(0, MAX_NAMESPACES)) {
    const fault = namespaceFault(name, served)
    if (fault !== null) refused.set(name, `stream: ${fault.message}`)
  }
  for (const name of names.slice(MAX_NAMESPACES)) refused.set(name, `at most ${MAX_NAMESPACES} streams on one connection`)
  const [first] = refused.values()
  return first === undefined ? names : { status: 400, message: first, refused: [...refused.keys()] }
}

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return null
  }
}

const choices = (served: ReadonlySet<string>) => [...served, 'details/<id>'].join(', ')
