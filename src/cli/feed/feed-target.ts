import { lookup } from 'node:dns/promises'
import { BlockList, isIPv6 } from 'node:net'
import { redisUrl } from '../../common/config/env-types.js'
import { loadConfig } from '../../common/config/load-config.js'
import { visible } from '../../common/logging/logger.js'
import { AppError } from '../../common/platform/errors.js'
import { commandOptions } from '../../common/platform/redis.js'

/** The Redis to feed. */
export interface FeedTarget {
  readonly options: ReturnType<typeof commandOptions> & { readonly path?: string }
  /** The host of a network connection; null for a Unix socket. */
  readonly host: string | null
  /** Its URL without user and password. */
  readonly label: string
}

const DEFAULT_URL = 'redis://127.0.0.1:6379'
/** A Unix socket by its absolute path. */
const SOCKET = /^unix:\/\/(\/.+)$/

/**
 * The Redis of the URL, else of the server's configuration (the environment, `.env`), else of this machine. The options of TLS always
 * come from the configuration.
 * @throws AppError ERR_CONFIG
 */
export function feedTarget(url: string | undefined, environment: NodeJS.ProcessEnv): FeedTarget {
  const socket = url === undefined ? null : socketPath(url)
  if (socket !== null)
    return { options: { ...commandOptions(plain(DEFAULT_URL)), path: socket }, host: null, label: visible(`unix://${socket}`) }
  // An empty value is an error, not a request for the default. The message doesn't repeat the value, which may hold a password.
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

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** True for an address of this machine alone: 127.0.0.0/8, ::1. */
export const isLoopback = (address: string): boolean => LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/**
 * Checks that all addresses of a host, a name or an address, are loopback.
 * @throws AppError ERR_FOREIGN_TARGET
 */
export async function demandLoopback(host: string, addressesOf = resolve): Promise<void> {
  const addresses = await addressesOf(host).catch((error: NodeJS.ErrnoException) => {
    throw foreign(`the address of ${host} could not be looked up (${error.code ?? error.message})`)
  })
  const address = addresses.find((each) => !isLoopback(each))
  if (address !== undefined) throw foreign(address === host ? `${host} is not this machine` : `${host} (${address}) is not this machine`)
}

const resolve = async (host: string): Promise<string[]> => (await lookup(host, { all: true })).map(({ address }) => address)

const foreign = (reason: string) =>
  new AppError('ERR_FOREIGN_TARGET', `${reason}, and the feed adds made-up scores and posts: use --yes to allow that`)
