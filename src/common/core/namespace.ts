/**
 * A namespace is the path after /subscribe: `eps`, `raw`, `kiosk_interaction`, `details`, `details/<id>`. An id is opaque and may itself
 * hold slashes; it is everything after `details/`.
 */
export const EPS = 'eps'
export const RAW = 'raw'
export const KIOSK_INTERACTION = 'kiosk_interaction'
export const DETAILS = 'details'

export const detailNamespace = (id: string): string => `${DETAILS}/${id}`

/** The id of `details/<id>`, or null for any other namespace. */
export const detailId = (namespace: string): string | null =>
  namespace.startsWith(`${DETAILS}/`) ? namespace.slice(DETAILS.length + 1) : null

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

function kindOf(namespace: string): string {
  const slash = namespace.indexOf('/')
  return slash === -1 ? namespace : namespace.slice(0, slash)
}

/** The Redis channels on which the feeder publishes. */
export const SCORE_UPDATES = 'stream.score_updates'
const TWEET_UPDATES = 'stream.tweet_updates.'
const INTERACTION = 'stream.interaction.'

export const TWEET_UPDATES_PATTERN = `${TWEET_UPDATES}*`
export const INTERACTION_PATTERN = `${INTERACTION}*`

/** The detail channel of an id. It is the event name of its frames, too. */
export const detailChannel = (id: string): string => TWEET_UPDATES + id

/** The bytes of the id in the name of a detail channel: everything after the prefix, dots included. */
export const detailIdBytes = (channel: Uint8Array): Uint8Array => channel.subarray(TWEET_UPDATES.length)
