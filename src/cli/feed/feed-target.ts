import { lookup } from 'node:dns/promises'
import { BlockList, isIPv6 } from 'node:net'
import { redisUrl } from '../../common/config/env-types.js'
import { loadConfig } from '../../common/config/load-config.js'
import { AppError } from '../../common/platform/errors.js'
import { visible } from '../../common/platform/printable.js'
import { commandOptions } from '../../common/platform/redis.js'

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

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** True for an address that leads nowhere but to this machine: 127.0.0.0/8, ::1. */
export const isLoopback = (address: string): boolean => LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/**
 * Lets pass a host, a name or an address, all addresses of which are loopback.
 * @throws AppError ERR_FOREIGN_TARGET
 */
export async function demandLoopback(host: string, addressesOf = resolve): Promise<void> {
  const addresses = await addressesOf(host).catch((error: NodeJS.ErrnoException) => {
    throw foreign(`${host} has no address that could be looked up (${error.code ?? error.message})`)
  })
  const address = addresses.find((each) => !isLoopback(each))
  if (address !== undefined) throw foreign(address === host ? `${host} is not this machine` : `${host} (${address}) is not this machine`)
}

const resolve = async (host: string): Promise<string[]> => (await lookup(host, { all: true })).map(({ address }) => address)

const foreign = (reason: string) =>
  new AppError('ERR_FOREIGN_TARGET', `${reason}, and the feed adds made-up scores and posts: say --yes if you mean it`)
