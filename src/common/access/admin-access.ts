import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable, UnauthorizedException } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppConfig } from '../config/app-config.js'

/** `open`: come in. `ask`: the token is missing or wrong. `closed`: nobody may, for this node has no token to ask for. */
export type Admission = 'open' | 'ask' | 'closed'

/** Who may see what is not for the public: the cluster, the metrics, addresses and user agents. */
@Injectable()
export class AdminAccess {
  private readonly digest: Buffer | null
  private readonly withoutToken: Admission

  constructor({ admin, isProtected }: AppConfig) {
    this.digest = admin.token === undefined ? null : digestOf(admin.token)
    this.withoutToken = isProtected && !admin.isPublic ? 'closed' : 'open'
  }

  admit({ headers }: { readonly headers: IncomingHttpHeaders }): Admission {
    if (this.digest === null) return this.withoutToken
    const presented = presentedToken(headers.authorization)
    return presented !== null && timingSafeEqual(digestOf(presented), this.digest) ? 'open' : 'ask'
  }

  isAuthorised(request: { readonly headers: IncomingHttpHeaders }): boolean {
    return this.admit(request) === 'open'
  }
}

/** Of one length whatever came in, so that the time of a comparison tells nothing of the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** The secret that a request presents in its Authorization header, as a bearer token or as the password of any user (RFC 6750, RFC 7617); null for none. */
export function presentedToken(authorization: string | undefined): string | null {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (credentials === '') return null
  if (scheme.toLowerCase() === 'bearer') return credentials
  const pair = Buffer.from(credentials, 'base64').toString()
  const colon = pair.indexOf(':')
  return colon === -1 ? null : pair.slice(colon + 1)
}

/** With it browsers ask for user and password. */
const CHALLENGE = 'Basic realm="emojitrack-streamer"'

/** Lets through who may see the admin pages and the metrics: `@UseGuards(AdminGuard)`. 401 asks for the token, 403 says that there is none. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly access: AdminAccess) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp()
    const admission = this.access.admit(http.getRequest<FastifyRequest>())
    if (admission === 'closed')
      throw new ForbiddenException('set ADMIN_TOKEN on the server to see this, or ADMIN_PUBLIC=true to show it to everybody')
    if (admission === 'ask') {
      http.getResponse<FastifyReply>().header('www-authenticate', CHALLENGE)
      throw new UnauthorizedException('present the ADMIN_TOKEN of the server, as a bearer token or as the password of any user')
    }
    return true
  }
}
