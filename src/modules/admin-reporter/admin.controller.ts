import { Controller, Get, Header, Req, UseGuards } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { AdminAccess, AdminGuard } from '../../common/access/admin-access.js'
import { ClusterService } from './cluster.service.js'
import { StatusService } from './status.service.js'

const JSON_TYPE = 'application/json; charset=utf-8'

@Controller('admin')
export class AdminController {
  constructor(
    private readonly status: StatusService,
    private readonly cluster: ClusterService,
    private readonly access: AdminAccess,
  ) {}

  /** This node's report, for everybody; who is connected only for the authorised. */
  @Get('status.json')
  @Header('content-type', JSON_TYPE)
  own(@Req() request: FastifyRequest): Promise<string> {
    return this.status.text(this.access.isAuthorised(request))
  }

  /** The reports of all nodes, as a list. */
  @Get('cluster.json')
  @UseGuards(AdminGuard)
  @Header('content-type', JSON_TYPE)
  all(): Promise<string> {
    return this.cluster.text()
  }
}
