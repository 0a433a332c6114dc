import { DETAILS, EPS, KIOSK_INTERACTION, RAW } from './namespace.js'

/** The kinds that reports always tell of. A plug-in's namespace is a kind of its own. */
export const NAMESPACE_KINDS: readonly string[] = [EPS, RAW, DETAILS, KIOSK_INTERACTION]

/**
 * The kinds that a stream holds, each once: `['eps', 'details/26', 'details']` holds eps and details. There are few, for a stream holds only what the node
 * serves: where there are as many namespaces as ids, the kind is what stands before the slash.
 */
export function kindsOf(namespaces: readonly string[]): readonly string[] {
  return [...new Set(namespaces.map((namespace) => namespace.split('/', 1)[0] ?? ''))]
}
