import { Controller, Get, Header, Param, Redirect, Req, Res, ServiceUnavailableException, UseGuards } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminAccess, AdminGuard } from '../../common/access/admin-access.js'
import { ConnectionsRegistry } from '../../common/access/connections.registry.js'
import { encodeComment, streamHeaders } from '../../common/core/sse-frame.js'
import { JSON_TYPE, notFound, StaticPages } from '../../common/platform/static-pages.js'
import { ClusterService } from './cluster.service.js'
import { LiveService } from './live.service.js'
import { StatusService } from './status.service.js'

const LIVE_HEADERS = { ...streamHeaders(false), 'cache-control': 'no-store' }
const GREETING = encodeComment('ok')

/** The admin page, and the documents that it shows. */
@Controller('admin')
export class AdminController {
  constructor(
    private readonly status: StatusService,
    private readonly cluster: ClusterService,
    private readonly live: LiveService,
    private readonly access: AdminAccess,
    private readonly files: StaticPages,
    private readonly connections: ConnectionsRegistry,
  ) {}

  /** The report of this node. It is public; only authorised clients see addresses and user agents in it. */
  @Get('status.json')
  @Header('content-type', JSON_TYPE)
  own(@Req() request: FastifyRequest): Promise<Buffer> {
    return this.status.text(this.access.isAuthorised(request))
  }

  /** The reports of all nodes, as a list. */
  @Get('cluster.json')
  @UseGuards(AdminGuard)
  @Header('content-type', JSON_TYPE)
  all(): Promise<Buffer> {
    return this.cluster.text()
  }

  /** An event stream of one JSON document a second (`LiveReport`) about the node that answers. */
  @Get('live')
  @UseGuards(AdminGuard)
  stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { obstacle } = this.live
    if (obstacle !== null) throw new ServiceUnavailableException(obstacle)
    reply.hijack()
    // No page of another origin reads this stream: without the CORS headers that are set by now.
    for (const name of reply.raw.getHeaderNames()) reply.raw.removeHeader(name)
    reply.raw.writeHead(200, LIVE_HEADERS)
    if (request.method === 'HEAD') return void reply.raw.end()
    // The watchers have bounds of their own.
    this.connections.release(request.raw.socket)
    reply.raw.write(GREETING)
    this.live.watch(reply.raw)
  }

  @Get()
  @UseGuards(AdminGuard)
  @Redirect('/admin/', 301)
  redirect(): void {}

  @Get('assets/:file')
  @UseGuards(AdminGuard)
  async asset(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    await this.files.sendAsset('admin', file, reply)
  }

  /** `/admin/`. A wildcard, because Nest removes the slash from the end of any other route. */
  @Get('*')
  @UseGuards(AdminGuard)
  async page(@Param('*') path: string, @Res() reply: FastifyReply): Promise<void> {
    if (path !== '') throw notFound(reply)
    await this.files.sendPage('admin', reply)
  }
}
