import { DETAILS, detailId, EPS, KIOSK_INTERACTION, RAW } from '../../common/sse/namespace.js'

/** What subscribers are counted by: few words for any number of namespaces. `detail` is one id's, `details` all ids'; `other` is a plug-in's. */
export const STREAM_KINDS = [EPS, RAW, DETAILS, 'detail', KIOSK_INTERACTION, 'multiplexed', 'other'] as const

export type StreamKind = (typeof STREAM_KINDS)[number]

/** The kind of a subscriber; it has exactly one, so that the kinds add up to all. */
export function streamKind(namespaces: readonly string[]): StreamKind {
  const [namespace = '', ...others] = namespaces
  if (others.length > 0) return 'multiplexed'
  if (detailId(namespace) !== null) return 'detail'
  return STREAM_KINDS.find((kind) => kind === namespace) ?? 'other'
}
