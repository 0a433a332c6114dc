import type { Client } from './client.js'
import type { Open } from './connection.js'
import { isCounting } from './counting.js'
import { openLink } from './link.js'
import { openClient } from './open-client.js'
import { type OpenStream, openStream } from './stream.js'
import { canShare, shareLink } from './tabs.js'

// biome-ignore-start lint/performance/noBarrelFile: this is the entry of the package.
export type { Client, ClientEvents, ConnectionState, FrameListener } from './client.js'
export { type RiseListener, Totals } from './totals.js'
// biome-ignore-end lint/performance/noBarrelFile: end

export interface ConnectOptions {
  /** The server's origin, or a base URL with a path. Relative to the page; by default the origin of the page. */
  readonly url?: string | URL
  /** A connection without a byte for this time is closed, milliseconds. By default 45 s, three heartbeats of the server. */
  readonly silenceMs?: number
}

const SILENCE_MS = 45_000
/** Tabs with different versions of this protocol must not share a connection: each version has its number. */
const SHARE = 'emojitrack-streamer/2 '

/**
 * Makes a client of one server. It connects with the first subscription, shares its connection with all tabs of the page's origin that use
 * the same server, and reconnects by itself until it is closed. Throws a TypeError for an invalid URL.
 */
export function connect({ url = '/', silenceMs = SILENCE_MS }: ConnectOptions = {}): Client {
  const { href } = new URL(url, globalThis.location?.href)
  const base = href.replace(/\/?$/, '/')
  const open: OpenStream = (namespaces, lastId, listener) => {
    // The server refuses the last namespaces if there are too many. In reverse order those are details, not the sums.
    const query = namespaces.map((namespace) => `stream=${encodeURIComponent(namespace)}`).reverse()
    query.push('resume=1')
    if (namespaces.some(isCounting)) query.push('totals=1')
    if (lastId !== '') query.push(`last_event_id=${lastId}`)
    return openStream(`${base}subscribe?${query.join('&')}`, listener, silenceMs)
  }
  const link: Open = (listener, from) => openLink(open, listener, from)
  return openClient((listener, from) => (canShare() ? shareLink(SHARE + base, link, listener, from) : link(listener, from)))
}
