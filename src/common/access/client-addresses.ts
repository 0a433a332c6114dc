import proxyAddr from '@fastify/proxy-addr'
import { Injectable, Logger } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { AppConfig } from '../config/app-config.js'
import { type ClientAddress, clientAddress, type Trust } from './client-address.js'

/** Whose request it is, by the proxies of TRUST_PROXY. */
@Injectable()
export class ClientAddresses {
  private readonly logger = new Logger('ClientAddresses')
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
