import { Controller, Get, NotFoundException, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DETAILS, detailNamespace, EPS, KIOSK_INTERACTION, RAW } from '../../common/core/namespace.js'
import { NamespaceRegistry } from './namespace-registry.js'
import { StreamGatewayService } from './stream-gateway.service.js'

/** The streams (docs/wire-format.md). Fastify serves HEAD by the same handlers. */
@Controller('subscribe')
export class SubscribeController {
  constructor(
    private readonly gateway: StreamGatewayService,
    private readonly namespaces: NamespaceRegistry,
  ) {}

  @Get()
  multiplexed(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.gateway.openMultiplexed(request, reply)
  }

  @Get(EPS)
  eps(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.gateway.openOne(EPS, request, reply)
  }

  @Get(RAW)
  raw(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.gateway.openOne(RAW, request, reply)
  }

  @Get(DETAILS)
  details(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.gateway.openOne(DETAILS, request, reply)
  }

  @Get(`${DETAILS}/:id`)
  detail(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.gateway.openOne(detailNamespace(id), request, reply)
  }

  /** The namespaces of plug-ins. Nothing else is a path: kiosk_interaction alone is known where it is switched off. */
  @Get(':namespace')
  plugIn(@Param('namespace') namespace: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (!this.namespaces.served.has(namespace) && namespace !== KIOSK_INTERACTION)
      throw new NotFoundException(`Cannot ${request.method} ${request.url}`)
    this.gateway.openOne(namespace, request, reply)
  }
}
