import { Client } from './client.js'
import type { ConnectionListener } from './connection.js'
import { Link, type OpenStream } from './link.js'
import { Stream } from './stream.js'
import { canShare, Tabs } from './tabs.js'

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
const SHARE = 'emojitrack-streamer/1 '

/**
 * Makes a client of one server. It connects with the first subscription, shares its connection with all tabs of the page's origin that use
 * the same server, and reconnects by itself until it is closed. Throws a TypeError for an invalid URL.
 */
export function connect({ url = '/', silenceMs = SILENCE_MS }: ConnectOptions = {}): Client {
  const { href } = new URL(url, globalThis.location?.href)
  const base = href.endsWith('/') ? href : `${href}/`
  const open: OpenStream = (namespaces, listener) => {
    const query = namespaces.map((namespace) => `stream=${encodeURIComponent(namespace)}`)
    // The server refuses the last namespaces if there are too many. In reverse order those are details, not the sums.
    return new Stream(`${base}subscribe?${query.reverse().join('&')}`, listener, silenceMs)
  }
  const link = (listener: ConnectionListener) => new Link(open, listener)
  return new Client((listener) => (canShare() ? new Tabs(SHARE + base, link, listener) : link(listener)))
}
