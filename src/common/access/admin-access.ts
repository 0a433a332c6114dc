import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable, UnauthorizedException } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppConfig } from '../config/app-config.js'

/**
 * `open`: access is granted. `ask`: the token is missing or wrong. `closed`: access is denied to everybody, since this node has no token.
 */
export type AccessDecision = 'open' | 'ask' | 'closed'

/** Decides on access to data that is not public: the cluster, the metrics, addresses and user agents. */
@Injectable()
export class AdminAccess {
  private readonly digest: Buffer | null
  private readonly withoutToken: AccessDecision

  constructor({ admin, isProtected }: AppConfig) {
    this.digest = admin.token === undefined ? null : digestOf(admin.token)
    this.withoutToken = isProtected && !admin.isPublic ? 'closed' : 'open'
  }

  decide({ headers }: { readonly headers: IncomingHttpHeaders }): AccessDecision {
    if (this.digest === null) return this.withoutToken
    const presented = presentedToken(headers.authorization)
    return presented !== null && timingSafeEqual(digestOf(presented), this.digest) ? 'open' : 'ask'
  }

  isAuthorised(request: { readonly headers: IncomingHttpHeaders }): boolean {
    return this.decide(request) === 'open'
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

/** Makes a browser ask for user and password. */
const CHALLENGE = 'Basic realm="emojitrack-streamer"'

/**
 * Protects the admin pages and the metrics: `@UseGuards(AdminGuard)`. Answers 401 if the token is missing or wrong, and 403 if the server
 * has none.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly access: AdminAccess) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp()
    const decision = this.access.decide(http.getRequest<FastifyRequest>())
    if (decision === 'closed')
      throw new ForbiddenException('set ADMIN_TOKEN on the server to see this, or ADMIN_PUBLIC=true to show it to everybody')
    if (decision === 'ask') {
      http.getResponse<FastifyReply>().header('www-authenticate', CHALLENGE)
      throw new UnauthorizedException('present the ADMIN_TOKEN of the server, as a bearer token or as the password of any user')
    }
    return true
  }
}
