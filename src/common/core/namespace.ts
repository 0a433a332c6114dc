import { isUtf8 } from 'node:buffer'
import type { IdFault } from '../stats/reasons.js'

/**
 * A namespace is the path after /subscribe: `eps`, `eps/<id>`, `raw`, `kiosk_interaction`, `details`, `details/<id>`. An id is opaque and
 * may itself hold slashes; it is everything after the first slash.
 */
export const EPS = 'eps'
export const RAW = 'raw'
export const KIOSK_INTERACTION = 'kiosk_interaction'
export const DETAILS = 'details'

export const detailNamespace = (id: string): string => `${DETAILS}/${id}`

/** The namespace of the increments of one id. */
export const epsNamespace = (id: string): string => `${EPS}/${id}`

/** The id of `details/<id>`, or null for any other namespace. */
export const detailId = (namespace: string): string | null => idBehind(DETAILS, namespace)

/** The id of `eps/<id>`, or null for any other namespace. */
export const epsId = (namespace: string): string | null => idBehind(EPS, namespace)

/** The id of a namespace that has one; null for any other. */
export const idOf = (namespace: string): string | null => detailId(namespace) ?? epsId(namespace)

const idBehind = (parent: string, namespace: string): string | null =>
  namespace.startsWith(parent) && namespace[parent.length] === '/' ? namespace.slice(parent.length + 1) : null

/** True for `eps` and `eps/<id>`. */
export const isOfEps = (namespace: string): boolean => namespace === EPS || epsId(namespace) !== null

/** The kinds that every report lists. A plug-in's namespace is a kind of its own. */
export const NAMESPACE_KINDS: readonly string[] = [EPS, RAW, DETAILS, KIOSK_INTERACTION]

/**
 * The kinds of a stream's namespaces, each once: those of `['eps', 'details/26', 'details']` are eps and details. The kind is the part
 * before the slash, so there are few kinds however many ids there are.
 */
export function kindsOf(namespaces: readonly string[]): readonly string[] {
  const [only = ''] = namespaces
  if (namespaces.length === 1) return [kindOf(only)]
  return [...new Set(namespaces.map(kindOf))]
}

/** The part of a namespace before the slash. */
export function kindOf(namespace: string): string {
  const slash = namespace.indexOf('/')
  return slash === -1 ? namespace : namespace.slice(0, slash)
}

/** The Redis channels on which the feeder publishes. */
export const SCORE_UPDATES = 'stream.score_updates'
const TWEET_UPDATES = 'stream.tweet_updates.'
const INTERACTION = 'stream.interaction.'

export const TWEET_UPDATES_PATTERN = `${TWEET_UPDATES}*`
export const INTERACTION_PATTERN = `${INTERACTION}*`

/** Each process has a channel of its own for the markers of its cuts. No pattern of the feeder's channels matches it. */
export const MARKER_PREFIX = 'emojitrack.cut.'
export const MARKER_PATTERN = `${MARKER_PREFIX}*`

/** The detail channel of an id. It is the event name of its frames, too. */
export const detailChannel = (id: string): string => TWEET_UPDATES + id

/** The bytes of the id in the name of a detail channel: everything after the prefix, dots included. */
export const detailIdBytes = (channel: Uint8Array): Uint8Array => channel.subarray(TWEET_UPDATES.length)

/** The longest id, in bytes of UTF-8. */
export const MAX_ID_BYTES = 128

export type { IdFault } from '../stats/reasons.js'

/**
 * Checks an id, the name of the object of a score or a detail. Ids are opaque: all UTF-8 is valid except control characters (C0, DEL,
 * C1), which could forge fields in logs and frames. Browsers would read invalid UTF-8 as U+FFFD. Returns null for a valid id.
 */
export function idFault(id: Uint8Array): IdFault | null {
  const { length } = id
  if (length === 0) return 'empty'
  if (length > MAX_ID_BYTES) return 'too-long'
  let isAscii = true
  for (let i = 0; i < length; i++) {
    const byte = id[i] ?? 0
    if (byte < 0x20 || byte === 0x7f) return 'control-character'
    if (byte >= 0x80) isAscii = false
  }
  if (isAscii) return null
  if (!isUtf8(id)) return 'invalid-utf8'
  // C1 controls, U+0080 to U+009F, are the byte pairs C2 80 to C2 9F.
  for (let i = id.indexOf(0xc2); i !== -1; i = id.indexOf(0xc2, i + 1)) {
    if ((id[i + 1] ?? 0xff) < 0xa0) return 'control-character'
  }
  return null
}
