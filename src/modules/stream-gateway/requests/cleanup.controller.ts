import { BadRequestException, Controller, HttpCode, HttpException, Param, Post, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ClientAddressResolver } from '../../../common/access/client-address.js'
import { detailNamespace, EPS } from '../../../common/core/namespace.js'
import { StreamEventsService } from '../lifecycle/stream-events.service.js'
import { CleanupService, type Owner } from './cleanup.service.js'
import { idRefusal, splitUrl, tokenIn } from './stream-request.js'

interface CleanupAnswer {
  readonly status: 'OK'
  /** How many streams were closed, over all workers. */
  readonly closed: number
}

const TOO_MANY = { statusCode: 429, error: 'Too Many Requests', message: 'too many cleanups from your address: try again in a second' }
/** The time in the message of `TOO_MANY`, for programs. */
const RETRY_AFTER_S = '1'

/** Lets a page close the streams that its client left open: the ones of the caller's own address, or the one that a token names. */
@Controller('subscribe/cleanup')
export class CleanupController {
  constructor(
    private readonly cleanup: CleanupService,
    private readonly clients: ClientAddressResolver,
    private readonly events: StreamEventsService,
  ) {}

  @Post('scores')
  @HttpCode(200)
  scores(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<CleanupAnswer> {
    return this.cleanUp(EPS, request, reply)
  }

  @Post('details/:id')
  @HttpCode(200)
  detail(@Param('id') id: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<CleanupAnswer> {
    const fault = idRefusal(id)
    if (fault !== null) throw new BadRequestException(fault)
    return this.cleanUp(detailNamespace(id), request, reply)
  }

  private async cleanUp(namespace: string, request: FastifyRequest, reply: FastifyReply): Promise<CleanupAnswer> {
    const { path, query } = splitUrl(request.url)
    const { address, isShared } = this.clients.of(request)
    const owner = ownerOf(tokenIn(query), isShared ? '' : address)
    const closed = owner === null ? 0 : await this.cleanup.cleanUp(namespace, owner, isShared ? (owner.token ?? '') : address)
    if (closed === null) {
      reply.header('retry-after', RETRY_AFTER_S)
      throw new HttpException(TOO_MANY, 429)
    }
    this.events.onCleanup(path, address, closed)
    return { status: 'OK', closed }
  }
}

/**
 * The owner whose streams a cleanup closes; null for none.
 * @param address '' for the address of a router that is not trusted: all its clients share it, and one page would close the streams of all
 */
function ownerOf(token: string | null, address: string): Owner | null {
  if (token !== null) return token === '' ? null : { token }
  return address === '' ? null : { clientIp: address }
}
