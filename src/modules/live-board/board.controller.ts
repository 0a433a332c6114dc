import { Controller, Get, Header, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { JSON_TYPE, StaticPages } from '../../common/platform/static-pages.js'
import { acceptsGzip, matches, SnapshotService } from './snapshot.service.js'

const RETRY_S = 2
const UNKNOWN = JSON.stringify({
  message: 'this node has not read the scores in Redis yet: ask again in a while; the streams go on without them',
  error: 'Service Unavailable',
  statusCode: 503,
})

/** The live board, a public page, and the totals for everybody's pages. */
@Controller()
export class BoardController {
  constructor(
    private readonly files: StaticPages,
    private readonly snapshot: SnapshotService,
  ) {}

  @Get()
  async page(@Res() reply: FastifyReply): Promise<void> {
    await this.files.sendPage('board', reply)
  }

  @Get('assets/:file')
  async asset(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    await this.files.sendAsset('board', file, reply)
  }

  /** 503 until the scores in Redis have been read once. A cache may keep an answer, and has to ask whether it is still right. */
  @Get('snapshot.json')
  @Header('content-type', JSON_TYPE)
  async totals(@Req() { headers }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string | Buffer | undefined> {
    const document = this.snapshot.document()
    if (document === null) {
      reply.status(503).header('retry-after', RETRY_S)
      return UNKNOWN
    }
    const isGzip = acceptsGzip(headers['accept-encoding'])
    const { bytes, etag } = isGzip ? await document.gzipped() : document.plain
    reply.headers({ etag, vary: 'accept-encoding', 'cache-control': 'no-cache' })
    if (matches(headers['if-none-match'], etag)) {
      reply.status(304).removeHeader('content-type')
      return undefined
    }
    if (isGzip) reply.header('content-encoding', 'gzip')
    return bytes
  }
}
