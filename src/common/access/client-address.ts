import type { IncomingHttpHeaders } from 'node:http'
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import { Injectable, Logger } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { AppConfig } from '../config/app-config.js'

/** The client of a request. */
export interface ClientAddress {
  /** A bare address: no port, no brackets, IPv4 in its own form; "" if unknown. */
  readonly address: string
  /** True for the address of an untrusted proxy: all clients behind it have this address. */
  readonly isShared: boolean
}

/** True for the bare address of a trusted proxy. */
export type Trust = (address: string) => boolean

/** The headers in which a proxy names its client. That of RFC 7239 is not read, but reveals a proxy. */
const FORWARDING = ['x-forwarded-for', 'x-real-ip', 'forwarded'] as const

/**
 * The client is the right-most entry of X-Forwarded-For that isn't a trusted proxy; entries to the left of it may be forged. X-Real-IP
 * counts only if a trusted peer sends no X-Forwarded-For.
 * @param peer the address of the other end of the connection; undefined once that is closed
 */
export function clientAddress(peer: string | undefined, headers: IncomingHttpHeaders, isTrusted: Trust): ClientAddress {
  const direct = canonicalAddress(peer ?? '')
  if (direct === '') return { address: '', isShared: false }
  if (!FORWARDING.some((name) => headers[name] !== undefined)) return { address: direct, isShared: false }
  if (!isTrusted(direct)) return { address: direct, isShared: true }
  const entries = entriesOf(headers)
  let address = direct
  for (const entry of entries.reverse()) {
    const next = bareAddress(entry)
    // A trusted proxy wrote an entry without an address: the client is unknown, somewhere behind that proxy.
    if (next === '') return { address, isShared: true }
    address = next
    if (!isTrusted(address)) break
  }
  return { address, isShared: entries.length === 0 }
}

/** The clients that the headers name, the nearest one last. Only X-Forwarded-For is a list. */
function entriesOf({ 'x-forwarded-for': forwardedFor, 'x-real-ip': realIp }: IncomingHttpHeaders): string[] {
  if (forwardedFor === undefined) return realIp === undefined ? [] : [String(realIp).trim()]
  return String(forwardedFor)
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** The address in an entry of a header, which may have a port: `192.0.2.1:80`, `[2001:db8::1]:80`. "" if there is none. */
function bareAddress(entry: string): string {
  const [, inBrackets, plain = ''] = /^(?:\[([^\]]*)\](?::\d+)?|([^[\]]*))$/.exec(entry) ?? []
  const text = inBrackets ?? (/^[^:]*:\d+$/.test(plain) ? plain.slice(0, plain.indexOf(':')) : plain)
  // A zone has a meaning only on the machine that wrote it.
  return text.includes('%') ? '' : canonicalAddress(text)
}

/** The prefix of an IPv4 address in IPv6 (RFC 4291, section 2.5.5.2). */
const MAPPED = '::ffff:'

/** The canonical form of an address, so that one client is always one text; "" for any other text. */
function canonicalAddress(text: string): string {
  // Sockets that listen on `::` give IPv4 addresses in this form: the short way of most requests.
  const mapped = text.startsWith(MAPPED) ? text.slice(MAPPED.length) : text
  if (isIPv4(mapped)) return mapped
  if (!isIPv6(text)) return ''
  if (text.includes('%')) return text
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  const unmapped = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address
  return isIPv4(unmapped) ? unmapped : address
}

/** True for an address of this machine: ::1, or one of 127.0.0.0/8. */
export const isLoopback = (address: string): boolean => address === '::1' || (isIPv4(address) && address.startsWith('127.'))

/**
 * True for a Host header that names this machine. A page can point its own name at 127.0.0.1 (DNS rebinding); browsers then send that name.
 * @param ownName the address or name on which the server listens
 */
export function isLocalHost(header: string | undefined, ownName: string | undefined): boolean {
  const [, inBrackets, plain = ''] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::\d+)?$/.exec(header?.toLowerCase() ?? '') ?? []
  const name = inBrackets ?? plain
  if (name === '') return false
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(canonicalAddress(name)) || name === ownName?.toLowerCase()
}

/** Determines the client of a request, trusting the proxies of TRUST_PROXY. */
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

  /** Warns once: such requests may come all the time, and anyone can send them. */
  private warn({ address }: ClientAddress): void {
    this.hasWarned = true
    this.logger.warn({
      msg: 'request forwarded by an untrusted proxy: X-Forwarded-For is ignored, and cleanup by address is off for it',
      peer: address,
      advice: 'if the proxy is yours, add its address or range to TRUST_PROXY and make it append to X-Forwarded-For',
    })
  }
}
