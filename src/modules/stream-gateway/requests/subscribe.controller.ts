import { Controller, Get, NotFoundException, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DETAILS, detailNamespace, EPS, epsNamespace, KIOSK_INTERACTION, RAW } from '../../../common/core/namespace.js'
import { PluginNamespacesRegistry } from '../plugin-streams/plugin-namespaces.registry.js'
import { StreamOpenerService } from './stream-opener.service.js'
import { parseMultiplexedRequest, parseStreamRequest } from './stream-request.js'

/** The header of a client that reconnects: the id of the last event that it got. */
const LAST_EVENT_ID = 'last-event-id'

/** The streams (docs/wire-format.md). Fastify serves HEAD by the same handlers. */
@Controller('subscribe')
export class SubscribeController {
  constructor(
    private readonly opener: StreamOpenerService,
    private readonly namespaces: PluginNamespacesRegistry,
  ) {}

  @Get()
  multiplexed(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.opener.open(parseMultiplexedRequest(request.url, this.namespaces.served, request.headers[LAST_EVENT_ID]), request, reply)
  }

  @Get(EPS)
  eps(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.open(EPS, request, reply)
  }

  @Get(`${EPS}/:id`)
  epsOfId(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.open(epsNamespace(id), request, reply)
  }

  @Get(RAW)
  raw(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.open(RAW, request, reply)
  }

  @Get(DETAILS)
  details(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.open(DETAILS, request, reply)
  }

  @Get(`${DETAILS}/:id`)
  detail(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    return this.open(detailNamespace(id), request, reply)
  }

  /** The namespaces of plug-ins. Nothing else is a path: kiosk_interaction alone is known where it is switched off. */
  @Get(':namespace')
  plugin(@Param('namespace') namespace: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void | Promise<void> {
    if (!this.namespaces.served.has(namespace) && namespace !== KIOSK_INTERACTION)
      throw new NotFoundException(`Cannot ${request.method} ${request.url}`)
    return this.open(namespace, request, reply)
  }

  private open(namespace: string, request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const wanted = parseStreamRequest(request.url, namespace, this.namespaces.served, request.headers[LAST_EVENT_ID])
    return this.opener.open(wanted, request, reply)
  }
}
