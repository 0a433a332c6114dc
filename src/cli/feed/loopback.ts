import { lookup } from 'node:dns/promises'
import { BlockList, isIPv6 } from 'node:net'
import { AppError } from '../../common/app-error.js'

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
