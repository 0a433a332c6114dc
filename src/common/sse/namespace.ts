/**
 * A namespace is the path after /subscribe: `eps`, `raw`, `kiosk_interaction`, `details`, `details/<id>`. An id is opaque and may itself hold
 * slashes; it is everything after `details/`.
 */
export const EPS = 'eps'
export const RAW = 'raw'
export const KIOSK_INTERACTION = 'kiosk_interaction'
export const DETAILS = 'details'

export const detailNamespace = (id: string): string => `${DETAILS}/${id}`

/** The id of `details/<id>`, or null for any other namespace. */
export const detailId = (namespace: string): string | null =>
  namespace.startsWith(`${DETAILS}/`) ? namespace.slice(DETAILS.length + 1) : null
