import { Controller, Get, Header, Param, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { JSON_TYPE, StaticPages } from '../../common/platform/static-pages.js'
import { SnapshotService } from './snapshot.service.js'

const RETRY_S = 2
const UNREADABLE = JSON.stringify({
  message: 'the scores in Redis can’t be read at the moment: ask again in a while; the streams go on without them',
  error: 'Service Unavailable',
  statusCode: 503,
})

/** The live board, a public page, and its first counts. All later counts come from the streams. */
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

  /** 503 while Redis can't be read. */
  @Get('snapshot.json')
  @Header('content-type', JSON_TYPE)
  async counts(@Res({ passthrough: true }) reply: FastifyReply): Promise<string | Buffer> {
    const text = await this.snapshot.text()
    if (text !== null) return text
    reply.status(503).header('retry-after', RETRY_S)
    return UNREADABLE
  }
}
