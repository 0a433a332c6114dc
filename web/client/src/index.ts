import { Client } from './client.js'
import { Link } from './link.js'

// biome-ignore-start lint/performance/noBarrelFile: this is the entry of the package.
export type { Client, ClientEvents, FrameListener } from './client.js'
export type { ConnectionState } from './connection-state.js'
export { type RiseListener, Totals } from './totals.js'
// biome-ignore-end lint/performance/noBarrelFile: end

export interface ConnectOptions {
  /** Where the server is: its origin, or a base URL with a path. Relative to the page; by default the page's own origin. */
  readonly url?: string | URL
  /** A connection from which no byte comes for so long is given up, milliseconds. By default 45 s, three heartbeats of the server. */
  readonly silenceMs?: number
}

const SILENCE_MS = 45_000

/**
 * Makes a client of one server. It connects with the first subscription, and comes back by itself until it is closed. Throws a TypeError for an
 * invalid URL.
 */
export function connect({ url = '/', silenceMs = SILENCE_MS }: ConnectOptions = {}): Client {
  const { href } = new URL(url, location.href)
  const base = href.endsWith('/') ? href : `${href}/`
  return new Client((listener) => new Link(base, silenceMs, listener))
}
