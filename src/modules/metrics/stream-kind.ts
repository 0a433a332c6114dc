import { DETAILS, detailId, EPS, KIOSK_INTERACTION, RAW } from '../../common/core/namespace.js'

/** What subscribers are counted by, beside the namespaces of plug-ins: few words for any number of namespaces. `detail` is one id's, `details` all ids'. */
export const STREAM_KINDS: readonly string[] = [EPS, RAW, DETAILS, 'detail', KIOSK_INTERACTION, 'multiplexed']

/** The kind of a subscriber; it has exactly one, so that the kinds add up to all. */
export function streamKind(namespaces: readonly string[]): string {
  const [namespace = '', ...others] = namespaces
  if (others.length > 0) return 'multiplexed'
  return detailId(namespace) === null ? namespace : 'detail'
}
