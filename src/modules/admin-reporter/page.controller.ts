import { Controller, Get, NotFoundException, Param, Redirect, Req, Res, UseGuards } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AdminGuard } from '../../common/access/admin-guard.js'
import { PageFiles } from './page-files.js'

/**
 * The page loads nothing foreign and runs nothing inline; what comes from outside, user agents and paths, can't become markup, for no script may
 * make markup from text at all (trusted types without a policy).
 */
const HEADERS = {
  'content-security-policy': [
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The names that Vite gives: none leads out of its folder. */
const ASSET = /^\w[\w-]*(\.\w+)+$/

/** The admin page. Its data come from `/admin/live` and `/admin/cluster.json`. */
@Controller('admin')
@UseGuards(AdminGuard)
export class PageController {
  constructor(private readonly files: PageFiles) {}

  @Get()
  @Redirect('/admin/', 301)
  redirect(): void {}

  @Get('assets/:file')
  asset(@Req() request: FastifyRequest, @Param('file') file: string, @Res() reply: FastifyReply): void {
    if (!ASSET.test(file)) throw notFound(request)
    this.files.sendAsset(file, reply.headers(HEADERS))
  }

  /** `/admin/`: Nest takes the slash off the end of a route, but not a wildcard. */
  @Get('*')
  page(@Req() request: FastifyRequest, @Param('*') path: string, @Res() reply: FastifyReply): void {
    if (path !== '') throw notFound(request)
    this.files.sendPage(reply.headers(HEADERS))
  }
}

/** In the words of the router, which knows no such path either. */
const notFound = ({ method, url }: FastifyRequest) => new NotFoundException(`Cannot ${method} ${url}`)
