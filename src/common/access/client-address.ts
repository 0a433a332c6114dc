import type { IncomingHttpHeaders } from 'node:http'
import { isIP, isIPv4, SocketAddress } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import { Injectable, Logger } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { AppConfig } from '../config/app-config.js'

/** Whose request it is. */
export interface ClientAddress {
  /** Bare: no port, no brackets, an IPv4 one as such; "" where it is unknown. */
  readonly address: string
  /** True when it is that of a router which speaks for others without being believed: whoever comes through it has this address. */
  readonly isShared: boolean
}

/** Whether a bare address is that of a proxy whose word counts. */
export type Trust = (address: string) => boolean

/** What a proxy says on behalf of a client in. RFC 7239's is not read, but gives a router away. */
const FORWARDING = ['x-forwarded-for', 'x-real-ip', 'forwarded'] as const

/**
 * The client is the right-most entry of X-Forwarded-For that isn't a trusted proxy: what stands left of it anyone can have made up. X-Real-IP counts only
 * from a trusted peer that sends no X-Forwarded-For.
 * @param peer the other end of the connection; undefined once it has gone
 */
export function clientAddress(peer: string | undefined, headers: IncomingHttpHeaders, isTrusted: Trust): ClientAddress {
  const router = ownForm(peer ?? '')
  if (router === '') return { address: '', isShared: false }
  if (!FORWARDING.some((name) => headers[name] !== undefined)) return { address: router, isShared: false }
  if (!isTrusted(router)) return { address: router, isShared: true }
  const entries = entriesOf(headers)
  let address = router
  for (const entry of entries.reverse()) {
    const next = bareAddress(entry)
    // Who wrote it was believed, and has named nobody: the client is somewhere behind it.
    if (next === '') return { address, isShared: true }
    address = next
    if (!isTrusted(address)) break
  }
  return { address, isShared: entries.length === 0 }
}

/** Whom the headers name, the nearest last. Only X-Forwarded-For is a list. */
function entriesOf({ 'x-forwarded-for': forwardedFor, 'x-real-ip': realIp }: IncomingHttpHeaders): string[] {
  if (forwardedFor === undefined) return realIp === undefined ? [] : [String(realIp).trim()]
  return String(forwardedFor)
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** The address in an entry of a header, which may have a port: `192.0.2.1:80`, `[2001:db8::1]:80`. "" where there is none. */
function bareAddress(entry: string): string {
  const [, inBrackets, plain = ''] = /^(?:\[([^\]]*)\](?::\d+)?|([^[\]]*))$/.exec(entry) ?? []
  const text = inBrackets ?? (/^[^:]*:\d+$/.test(plain) ? plain.slice(0, plain.indexOf(':')) : plain)
  // A zone means something on the machine that wrote it, and nothing here.
  return text.includes('%') ? '' : ownForm(text)
}

/** The one way to write an address, so that the same client is always the same text; "" for what is no address. */
function ownForm(text: string): string {
  const family = isIP(text)
  if (family !== 6 || text.includes('%')) return family === 0 ? '' : text
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  const mapped = address.replace(/^::ffff:/, '')
  return isIPv4(mapped) ? mapped : address
}

/** Whose request it is, by the proxies of TRUST_PROXY. */
@Injectable()
export class ClientAddressResolver {
  private readonly logger = new Logger('ClientAddressResolver')
  private readonly isTrusted: Trust
  private hasWarned = false

  constructor({ trustedProxies }: AppConfig) {
    const isTrusted = proxyAddr.compile([...trustedProxies])
    this.isTrusted = (address) => isTrusted(address, 0)
  }

  of({ raw, headers }: Pick<FastifyRequest, 'raw' | 'headers'>): ClientAddress {
    const client = clientAddress(raw.socket.remoteAddress, headers, this.isTrusted)
    if (client.isShared && !this.hasWarned) this.warn(client)
    return client
  }

  /** Once: a router sends such requests all the time, and so can anybody else. */
  private warn({ address }: ClientAddress): void {
    this.hasWarned = true
    this.logger.warn({
      msg: 'somebody forwards requests of others and is not believed: cleanup by address closes nothing there',
      peer: address,
      advice: 'if it is a proxy of yours, name its address or range in TRUST_PROXY, and let it append to X-Forwarded-For',
    })
  }
}
