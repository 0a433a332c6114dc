import { loadConfig } from '../../common/config/load-config.js'
import { visible } from '../../common/logging/control-characters.js'
import { commandOptions } from '../../common/redis/redis-options.js'

/** The Redis to feed. */
export interface FeedTarget {
  readonly options: ReturnType<typeof commandOptions> & { readonly path?: string }
  /** The host to reach over the network; null for a socket of this machine. */
  readonly host: string | null
  /** Its URL without user and password. */
  readonly label: string
}

const DEFAULT_URL = 'redis://127.0.0.1:6379'
const UNIX = 'unix://'

/**
 * The Redis of a URL; without one that of the server's configuration (the environment, `.env`), which says how to use TLS as well; else that of this
 * machine.
 * @throws AppError ERR_CONFIG
 */
export function feedTarget(url: string | undefined, environment: NodeJS.ProcessEnv): FeedTarget {
  if (url?.startsWith(UNIX)) {
    const path = decodeURIComponent(url.slice(UNIX.length))
    return { options: { ...commandOptions(plain(DEFAULT_URL)), path }, host: null, label: visible(UNIX + path) }
  }
  const redis = loadConfig({ ...environment, ...(url !== undefined && { REDIS_URL: url }) }).redis ?? plain(DEFAULT_URL)
  const options = commandOptions(redis)
  const { protocol, host, pathname } = new URL(redis.url)
  return { options, host: options.host, label: `${protocol}//${host}${pathname}` }
}

const plain = (url: string) => ({ url, tlsCa: undefined, tlsInsecure: false })
