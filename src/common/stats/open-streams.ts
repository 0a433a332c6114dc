import { DETAILS, detailId, EPS, KIOSK_INTERACTION, RAW } from '../../common/sse/namespace.js'

/** The words of the original streamers' metrics, and `kiosk_interaction`. */
type Kind = 'raw' | 'eps' | 'detail' | 'kiosk_interaction'

/** How many open streams hold namespaces of each kind. A multiplexed one counts once in each kind that it holds. */
export class OpenStreams {
  readonly counts: Record<Kind, number> = { raw: 0, eps: 0, detail: 0, kiosk_interaction: 0 }

  opened(namespaces: readonly string[]): void {
    for (const kind of kindsOf(namespaces)) this.counts[kind]++
  }

  closed(namespaces: readonly string[]): void {
    for (const kind of kindsOf(namespaces)) this.counts[kind]--
  }
}

/** A plug-in's own namespaces are of no kind. */
function kindsOf(namespaces: readonly string[]): Set<Kind> {
  const kinds = new Set<Kind>()
  for (const namespace of namespaces) {
    if (namespace === EPS || namespace === RAW || namespace === KIOSK_INTERACTION) kinds.add(namespace)
    else if (namespace === DETAILS || detailId(namespace) !== null) kinds.add('detail')
  }
  return kinds
}
