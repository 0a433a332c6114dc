import { AppError } from '../../common/app-error.js'
import { redisUrl } from '../../common/config/env-values.js'
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
/** A socket by its absolute path. */
const SOCKET = /^unix:\/\/(\/.+)$/

/**
 * The Redis of a URL; without one that of the server's configuration (the environment, `.env`), which says how to use TLS as well; else that of this
 * machine.
 * @throws AppError ERR_CONFIG
 */
export function feedTarget(url: string | undefined, environment: NodeJS.ProcessEnv): FeedTarget {
  const socket = url === undefined ? null : socketPath(url)
  if (socket !== null)
    return { options: { ...commandOptions(plain(DEFAULT_URL)), path: socket }, host: null, label: visible(`unix://${socket}`) }
  // What was typed is never passed over for a default, were it empty; and it may hold a password, so it isn't repeated.
  if (url !== undefined && !redisUrl.safeParse(url).success) {
    throw new AppError('ERR_CONFIG', '--redis must look like redis://[user]:[password]@host:6379/0, rediss://… or unix:///path/of/socket')
  }
  const redis = loadConfig({ ...environment, ...(url !== undefined && { REDIS_URL: url }) }).redis ?? plain(DEFAULT_URL)
  const options = commandOptions(redis)
  const { protocol, host, pathname } = new URL(redis.url)
  return { options, host: options.host, label: `${protocol}//${host}${pathname}` }
}

function socketPath(url: string): string | null {
  const [, path] = SOCKET.exec(url) ?? []
  try {
    return path === undefined ? null : decodeURIComponent(path)
  } catch {
    return null
  }
}

const plain = (url: string) => ({ url, tlsCa: undefined, tlsInsecure: false })
