import { BadRequestException, Controller, HttpCode, type OnModuleInit, Param, Post, Req } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { ClientAddressResolver } from '../../common/access/client-address.js'
import { detailNamespace, EPS } from '../../common/core/namespace.js'
import { Relay } from '../../common/relay/relay.js'
import { tokenIn } from './connection-token.js'
import { Hub } from './hub.js'
import type { Owner } from './owner.js'
import { splitUrl } from './split-url.js'
import { StreamLog } from './stream-log.js'
import { idRefusal } from './stream-query.js'

interface CleanupAnswer {
  readonly status: 'OK'
  /** How many streams were closed, over all workers. */
  readonly closed: number
}

const QUESTION = 'cleanup'

/** Lets a page close the streams that its client left open: those of the caller's own address, or the one that a token names. */
@Controller('subscribe/cleanup')
export class CleanupController implements OnModuleInit {
  constructor(
    private readonly hub: Hub,
    private readonly relay: Relay,
    private readonly clients: ClientAddressResolver,
    private readonly log: StreamLog,
  ) {}

  onModuleInit(): void {
    this.relay.on(QUESTION, ({ namespace = '', ...owner }) => this.hub.cleanUp(namespace, owner))
  }

  @Post('scores')
  @HttpCode(200)
  scores(@Req() request: FastifyRequest): Promise<CleanupAnswer> {
    return this.cleanUp(EPS, request)
  }

  @Post('details/:id')
  @HttpCode(200)
  detail(@Param('id') id: string, @Req() request: FastifyRequest): Promise<CleanupAnswer> {
    const fault = idRefusal(id)
    if (fault !== null) throw new BadRequestException(fault)
    return this.cleanUp(detailNamespace(id), request)
  }

  private async cleanUp(namespace: string, request: FastifyRequest): Promise<CleanupAnswer> {
    const owner = this.ownerOf(request)
    const closed = owner === null ? 0 : await this.relay.sum(QUESTION, { namespace, ...owner })
    this.log.cleanedUp(request.url, this.clients.of(request).address, closed)
    return { status: 'OK', closed }
  }

  /** Whose streams are meant; null when nobody's. */
  private ownerOf(request: FastifyRequest): Owner | null {
    const token = tokenIn(splitUrl(request.url).query)
    if (token !== null) return token === '' ? null : { token }
    const { address, isShared } = this.clients.of(request)
    // Behind a router that isn't believed everybody has this address: one page would close the streams of all.
    return isShared || address === '' ? null : { clientIp: address }
  }
}
