/** The event name of a frame with totals in place of increments. No namespace has such a name. */
export const TOTALS = 'eps/'

/** True if a namespace counts updates: `eps`, or `eps/<id>` for the updates of one id. */
export const isCounting = (namespace: string): boolean => namespace === 'eps' || namespace.startsWith(TOTALS)

/** True if the open namespaces bring what this one does: `eps` has the ids of every `eps/<id>`. */
export const covers = (open: readonly string[], namespace: string): boolean =>
  open.includes(namespace) || (isCounting(namespace) && open.includes('eps'))
