import { idFault, MAX_ID_BYTES } from '../../common/ids/id-fault.js'
import { detailId } from '../../common/sse/namespace.js'

/** The most namespaces on one connection. */
export const MAX_NAMESPACES = 64

/** Why a namespace can't be had. */
export type NamespaceFault = { readonly status: 400 | 404; readonly message: string }

/** Checks one namespace against those that this node serves. Returns null for a good one. */
export function namespaceFault(namespace: string, served: ReadonlySet<string>): NamespaceFault | null {
  if (served.has(namespace)) return null
  const id = detailId(namespace)
  if (id === null) return { status: 404, message: `no such stream; there are ${choices(served)}` }
  const fault = idFault(Buffer.from(id))
  return fault === null
    ? null
    : { status: 400, message: `the id is refused (${fault}): ids are 1 to ${MAX_ID_BYTES} bytes of UTF-8 without control characters` }
}

/**
 * The namespaces of a multiplexed request, `?stream=eps&stream=details/2665`, each once.
 * @param stream the query parameter as parsed: absent, one or several
 */
export function parseStreamQuery(stream: unknown, served: ReadonlySet<string>): readonly string[] | NamespaceFault {
  const given = (Array.isArray(stream) ? stream : [stream]).filter((each) => typeof each === 'string')
  const namespaces = [...new Set(given)]
  if (namespaces.length === 0)
    return { status: 400, message: `say which streams: ?stream=<name>, as often as you like; there are ${choices(served)}` }
  if (given.length > MAX_NAMESPACES) return { status: 400, message: `at most ${MAX_NAMESPACES} streams on one connection` }
  for (const namespace of namespaces) {
    const fault = namespaceFault(namespace, served)
    if (fault !== null) return { status: 400, message: `stream: ${fault.message}` }
  }
  return namespaces
}

const choices = (served: ReadonlySet<string>) => [...served, 'details/<id>'].join(', ')
