const DETAIL_EVENT = 'stream.tweet_updates.'
const KIOSK_EVENT = 'stream.interaction.'

/**
 * Whether a frame of a multiplexed stream belongs to a namespace, by its event name (docs/wire-format.md). The event names of a plug-in's
 * namespace are the name of the namespace, or begin with it and a dot.
 */
export function carries(namespace: string, event: string): boolean {
  if (event.startsWith(DETAIL_EVENT)) return namespace === 'details' || namespace === `details/${event.slice(DETAIL_EVENT.length)}`
  if (event.startsWith(KIOSK_EVENT)) return namespace === 'kiosk_interaction'
  return event === namespace || event.startsWith(`${namespace}.`)
}
