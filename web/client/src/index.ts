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
  /** Where the server is: its origin, or a base URL with a path. Relative to the page; by default the page's own origin. */
  readonly url?: string | URL
  /** A connection from which no byte comes for so long is given up, milliseconds. By default 45 s, three heartbeats of the server. */
  readonly silenceMs?: number
}

const SILENCE_MS = 45_000
/** Tabs of other versions must not talk to each other: another number for another way of talking. */
const SHARE = 'emojitrack-streamer/1 '

/**
 * Makes a client of one server. It connects with the first subscription, shares its connection with all tabs of the page's origin that use the same
 * server, and comes back by itself until it is closed. Throws a TypeError for an invalid URL.
 */
export function connect({ url = '/', silenceMs = SILENCE_MS }: ConnectOptions = {}): Client {
  const { href } = new URL(url, globalThis.location?.href)
  const base = href.endsWith('/') ? href : `${href}/`
  const open: OpenStream = (namespaces, listener) => {
    const query = namespaces.map((namespace) => `stream=${encodeURIComponent(namespace)}`)
    // Where there are too many the server refuses the last ones: details then, not the sums.
    return new Stream(`${base}subscribe?${query.reverse().join('&')}`, listener, silenceMs)
  }
  const link = (listener: ConnectionListener) => new Link(open, listener)
  return new Client((listener) => (canShare() ? new Tabs(SHARE + base, link, listener) : link(listener)))
}
