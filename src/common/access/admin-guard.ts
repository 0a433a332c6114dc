import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable, UnauthorizedException } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminAccess } from './admin-access.js'

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
