import { Controller, Get, Param, Redirect, Res, UseGuards } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { AdminGuard } from '../../common/access/admin-access.js'
import { notFound, StaticPages } from '../../common/platform/static-pages.js'

/** The admin page. Its data come from `/admin/live` and `/admin/cluster.json`. */
@Controller('admin')
@UseGuards(AdminGuard)
export class PageController {
  constructor(private readonly files: StaticPages) {}

  @Get()
  @Redirect('/admin/', 301)
  redirect(): void {}

  @Get('assets/:file')
  asset(@Param('file') file: string, @Res() reply: FastifyReply): void {
    this.files.sendAsset('admin', file, reply)
  }

  /** `/admin/`: Nest takes the slash off the end of a route, but not a wildcard. */
  @Get('*')
  page(@Param('*') path: string, @Res() reply: FastifyReply): void {
    if (path !== '') throw notFound(reply)
    this.files.sendPage('admin', reply)
  }
}
