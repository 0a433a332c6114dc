import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  UnauthorizedException,
} from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppConfig } from '../config/app-config.js'
import { ClientAddressResolver, isLocalHost, isLoopback } from './client-address.js'

/**
 * `open`: access is granted. `ask`: the token is missing or wrong. Without a token on this node: `closed`: access is denied to everybody;
 * `remote`: access is for clients on this machine.
 */
export type AccessDecision = 'open' | 'ask' | 'closed' | 'remote'

/** Decides on access to data that is not public: the cluster, the metrics, addresses and user agents. */
@Injectable()
export class AdminAccess implements OnApplicationBootstrap {
  private readonly digest: Buffer | null

  constructor(
    private readonly config: AppConfig,
    private readonly addresses: ClientAddressResolver,
  ) {
    const { token } = config.admin
    this.digest = token === undefined ? null : digestOf(token)
  }

  /** Warns of a node that serves without a token. One process of several is enough. */
  onApplicationBootstrap(): void {
    const { admin, isProtected, worker } = this.config
    if (this.digest !== null || admin.isPublic || isProtected || (worker ?? 1) !== 1) return
    new Logger('AdminAccess').warn({
      msg: 'no ADMIN_TOKEN: the admin pages and the metrics are open to every program on this machine, and closed to other clients',
      advice: 'set ADMIN_TOKEN, and NODE_ENV=production where others use this server',
    })
  }

  decide(request: Pick<FastifyRequest, 'raw' | 'headers'>): AccessDecision {
    const { admin, isProtected } = this.config
    if (this.digest !== null) {
      const presented = presentedToken(request.headers.authorization)
      return presented !== null && timingSafeEqual(digestOf(presented), this.digest) ? 'open' : 'ask'
    }
    if (admin.isPublic) return 'open'
    if (isProtected) return 'closed'
    return this.isLocal(request) ? 'open' : 'remote'
  }

  isAuthorised(request: Pick<FastifyRequest, 'raw' | 'headers'>): boolean {
    return this.decide(request) === 'open'
  }

  private isLocal(request: Pick<FastifyRequest, 'raw' | 'headers'>): boolean {
    const { address, isShared } = this.addresses.of(request)
    return isLoopback(address) && !isShared && isLocalHost(request.headers.host, this.config.host)
  }
}

/** Digests have one length, so that the duration of a comparison reveals nothing about the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** The secret in an Authorization header: a bearer token (RFC 6750) or the password of any user (RFC 7617); null if there is none. */
export function presentedToken(authorization: string | undefined): string | null {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (credentials === '') return null
  if (scheme.toLowerCase() === 'bearer') return credentials
  const pair = Buffer.from(credentials, 'base64').toString()
  const colon = pair.indexOf(':')
  return colon === -1 ? null : pair.slice(colon + 1)
}

/** The methods that change nothing (RFC 9110, section 9.2.1). */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * True for a request that a browser sends on behalf of another origin's page. Browsers add remembered credentials to such a request.
 * `Sec-Fetch-Site` is decisive where there is one; browsers leave it out on plain HTTP. Programs send neither of the headers.
 */
export function isCrossOrigin({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (origin === undefined) return false
  const sender = hostOf(origin)
  return sender === null || sender !== hostOf(`http://${host}`)
}

/** The host and port of an origin; null for `null`, which is the origin of sandboxed pages and of files. */
const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null)

/** Makes a browser ask for user and password. */
const CHALLENGE = 'Basic realm="emojitrack-streamer"'

/**
 * Protects the admin pages and the metrics: `@UseGuards(AdminGuard)`. Answers 401 if the token is missing or wrong, 403 if the server has
 * none, and 403 to a page of another origin that wants to change something.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly access: AdminAccess) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp()
    const request = http.getRequest<FastifyRequest>()
    const decision = this.access.decide(request)
    if (decision === 'closed')
      throw new ForbiddenException('set ADMIN_TOKEN on the server to see this, or ADMIN_PUBLIC=true to show it to everybody')
    if (decision === 'remote')
      throw new ForbiddenException(
        'without ADMIN_TOKEN this is open only on the machine of the server, by http://localhost: ask there, or set ADMIN_TOKEN on the ' +
          'server, or ADMIN_PUBLIC=true to show it to everybody',
      )
    if (decision === 'ask') {
      http.getResponse<FastifyReply>().header('www-authenticate', CHALLENGE)
      throw new UnauthorizedException('present the ADMIN_TOKEN of the server, as a bearer token or as the password of any user')
    }
    if (!SAFE_METHODS.has(request.method) && isCrossOrigin(request.headers))
      throw new ForbiddenException('a page of another origin sent this request: send it from a page of this server, or from a program')
    return true
  }
}
