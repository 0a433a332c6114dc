import { Controller, Get, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DETAILS, detailNamespace, EPS, KIOSK_INTERACTION, RAW } from '../../common/sse/namespace.js'
import { StreamGatewayService } from './stream-gateway.service.js'

/** The streams (docs/wire-format.md). Fastify serves HEAD by the same handlers. */
@Controller('subscribe')
export class SubscribeController {
  constructor(private readonly gateway: StreamGatewayService) {}

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

  @Get(KIOSK_INTERACTION)
  kioskInteraction(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.gateway.openOne(KIOSK_INTERACTION, request, reply)
  }
}
