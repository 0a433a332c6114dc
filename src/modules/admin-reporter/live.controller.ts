import { Controller, Get, Req, Res, ServiceUnavailableException, UseGuards } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminGuard } from '../../common/access/admin-access.js'
import { encodeComment, streamHeaders } from '../../common/core/sse-frame.js'
import { LiveService, MAX_WATCHERS } from './live.service.js'

const HEADERS = { ...streamHeaders(false), 'cache-control': 'no-store' }
const GREETING = encodeComment('ok')

/** `GET /admin/live`: an event stream of one JSON document a second (`LiveReport`), for the admin page. It speaks for the node that answers. */
@Controller('admin')
@UseGuards(AdminGuard)
export class LiveController {
  constructor(private readonly live: LiveService) {}

  @Get('live')
  stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (!this.live.hasRoom)
      throw new ServiceUnavailableException(`at most ${MAX_WATCHERS} may watch a node at a time: close one of the pages`)
    reply.hijack()
    // CORS is for streams of scores: no page of another origin reads this one.
    for (const name of reply.raw.getHeaderNames()) reply.raw.removeHeader(name)
    reply.raw.writeHead(200, HEADERS)
    if (request.method === 'HEAD') return void reply.raw.end()
    reply.raw.write(GREETING)
    this.live.watch(reply.raw)
  }
}
