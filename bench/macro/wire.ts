// The agreement between the publisher, the clients and the scenarios: the paths of the streams, and the form of special ids.

/** The stream of the sums of all score updates. */
export const EPS_PATH = '/subscribe/eps'
/** The same sums, as the plug-in of bench/plug-in streams them. */
export const ECHO_PATH = '/subscribe/echo'
/** The stream of every score update. */
export const RAW_PATH = '/subscribe/raw'
/** The stream of every post. */
export const DETAILS_PATH = '/subscribe/details'

/** The path of several streams on one connection. */
export const multiplexed = (...names: readonly string[]): string => `/subscribe?${names.map((name) => `stream=${name}`).join('&')}`

/** The path of the stream whose messages a client counts, without its options; on a multiplexed connection that is its first one. */
export const countedPath = (path: string): string => path.replace(/^\/subscribe\?stream=([^&]+).*/, '/subscribe/$1').replace(/\?.*/, '')

/**
 * A stamp is an id, or a part of a payload, that holds the time of its publication: `T<ns>T` of the monotonic clock. Its age on arrival is
 * the latency. No other id begins with this letter.
 */
export const STAMP_MARK = 'T'.charCodeAt(0)

export const stampOf = (ns: number): string => `T${ns}T`

/** The last byte of an id that belongs to the first second after the junk. Second by second the next letter follows. */
export const FIRST_SECOND = 'a'.charCodeAt(0)
export const LAST_SECOND = 'z'.charCodeAt(0)
