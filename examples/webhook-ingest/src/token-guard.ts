import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common'
import { Requests } from './requests.js'
import { WebhookToken } from './webhook-token.js'

interface Request {
  readonly headers: { readonly authorization?: string }
}

interface Reply {
  header(name: string, value: string): unknown
}

/** Lets through who presents the WEBHOOK_TOKEN. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    private readonly token: WebhookToken,
    private readonly requests: Requests,
  ) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp()
    if (this.token.isIn(http.getRequest<Request>().headers.authorization)) return true
    this.requests.count('unauthorized')
    http.getResponse<Reply>().header('www-authenticate', 'Bearer')
    throw new UnauthorizedException('present the WEBHOOK_TOKEN of the server as a bearer token')
  }
}
