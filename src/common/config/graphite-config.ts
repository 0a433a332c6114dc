import type { GraphiteConfig } from './app-config.js'

/** The address of the reports. */
export type GraphiteTarget = Pick<GraphiteConfig, 'protocol' | 'host' | 'port'>

/** The variables for Graphite. */
export interface GraphiteEnv {
  readonly GRAPHITE_URL?: string | undefined
  readonly GRAPHITE_PREFIX?: string | undefined
  readonly HOSTEDGRAPHITE_APIKEY?: string | undefined
  readonly GRAPHITE_MS: number
  readonly DYNO?: string | undefined
}

const DEFAULT_PORT = 2003
const DEFAULT_PREFIX = 'emojitrack'
/** The address to which the original streamers sent their metrics. */
const HOSTED: GraphiteTarget = { protocol: 'udp', host: 'carbon.hostedgraphite.com', port: DEFAULT_PORT }

/** The configuration for Graphite; null without a URL if there is no key, or if the key doesn't apply in this environment. */
export function graphiteConfig(
  env: GraphiteEnv,
  node: { readonly hostname: string; readonly worker: number | null; readonly isProtected: boolean },
): GraphiteConfig | null {
  const key = env.HOSTEDGRAPHITE_APIKEY
  const target =
    env.GRAPHITE_URL === undefined ? (key !== undefined && node.isProtected ? HOSTED : null) : parseGraphiteUrl(env.GRAPHITE_URL)
  if (target === null) return null
  const prefix = pathOf(key ?? env.GRAPHITE_PREFIX ?? '') || DEFAULT_PREFIX
  const host = pathOf(env.DYNO ?? '') || segment(node.hostname)
  return { ...target, path: `${prefix}.${host}${node.worker === null ? '' : `.worker-${node.worker}`}`, periodMs: env.GRAPHITE_MS }
}

/** `tcp://host[:port]` or `udp://host[:port]`, nothing more; null for any other text. An IPv6 address is in brackets. */
export function parseGraphiteUrl(text: string): GraphiteTarget | null {
  const [, protocol, ipv6, name, port = String(DEFAULT_PORT)] =
    /^(tcp|udp):\/\/(?:\[([\da-f:.]+)\]|([a-z\d_.-]+))(?::(\d{1,5}))?\/?$/i.exec(text) ?? []
  const host = ipv6 ?? name
  if (protocol === undefined || host === undefined || Number(port) < 1 || Number(port) > 65_535) return null
  return { protocol: protocol.toLowerCase() === 'tcp' ? 'tcp' : 'udp', host, port: Number(port) }
}

/**
 * A path of dot-separated segments, reduced to letters, digits, `_` and `-`: Carbon makes each segment a folder or file name and ends the
 * path at white space, and many other characters have a meaning in Graphite's queries and tags.
 */
const pathOf = (text: string): string =>
  text
    .split('.')
    .filter((part) => part !== '')
    .map(segment)
    .join('.')

/** One segment of a path, without dots. */
const segment = (text: string): string => text.replace(/[^\w-]/gu, '_')
