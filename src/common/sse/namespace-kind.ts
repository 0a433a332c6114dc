import { DETAILS, EPS, KIOSK_INTERACTION, RAW } from './namespace.js'

/** What reports count streams by: few, fixed words, where there are as many namespaces as ids. */
export const NAMESPACE_KINDS = [EPS, RAW, DETAILS, KIOSK_INTERACTION] as const

export type NamespaceKind = (typeof NAMESPACE_KINDS)[number]

/** The kinds that a stream holds, each once: `['eps', 'details/26', 'details']` holds eps and details. */
export function kindsOf(namespaces: readonly string[]): NamespaceKind[] {
  return NAMESPACE_KINDS.filter((kind) => namespaces.some((namespace) => namespace === kind || namespace.startsWith(`${kind}/`)))
}
