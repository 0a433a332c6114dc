import { type CanActivate, type ExecutionContext, Injectable, type OnModuleInit, UnauthorizedException } from '@nestjs/common'
import { HttpAdapterHost } from 'emojitrack-streamer/plugin'
import { Requests } from './requests.js'
import { WebhookToken } from './webhook-token.js'

/** The path of the guarded route. */
export const PATH = 'ingest'

// The parts of Fastify that the guard uses.
interface Request {
  readonly headers: { readonly authorization?: string }
  readonly routeOptions: { readonly url?: string }
}

interface Reply {
  header(name: string, value: string): unknown
}

interface Fastify {
  addHook(name: 'onRequest', hook: (request: Request, reply: Reply, done: (error?: Error) => void) => void): void
}

/**
 * Demands the WEBHOOK_TOKEN. A guard runs after the body has been read and parsed; the hook refuses a request before. The guard remains,
 * so that no protection depends on the name of the route.
 */
@Injectable()
export class TokenGuard implements CanActivate, OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly token: WebhookToken,
    private readonly requests: Requests,
  ) {}

  onModuleInit(): void {
    this.adapterHost.httpAdapter.getInstance<Fastify>().addHook('onRequest', (request, reply, done) => {
      done(request.routeOptions.url === `/${PATH}` ? this.refusal(request, reply) : undefined)
    })
  }

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp()
    const refusal = this.refusal(http.getRequest<Request>(), http.getResponse<Reply>())
    if (refusal !== undefined) throw refusal
    return true
  }

  private refusal({ headers }: Request, reply: Reply): Error | undefined {
    if (this.token.isIn(headers.authorization)) return undefined
    this.requests.count('unauthorized')
    reply.header('www-authenticate', 'Bearer')
    return new UnauthorizedException('present the WEBHOOK_TOKEN of the server as a bearer token')
  }
}
