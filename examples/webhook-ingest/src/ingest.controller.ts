import { BadRequestException, Body, Controller, HttpCode, Post, ServiceUnavailableException, UseGuards } from '@nestjs/common'
import { readDelivery } from './delivery.js'
import { Requests } from './requests.js'
import { PATH, TokenGuard } from './token-guard.js'
import { WebhookIngest } from './webhook-ingest.js'

/** The number of accepted parts, and of the workers of this node that accepted them. */
interface Receipt {
  readonly status: 'OK'
  readonly updates: number
  readonly details: number
  readonly workers: number
}

@Controller(PATH)
@UseGuards(TokenGuard)
export class IngestController {
  constructor(
    private readonly ingest: WebhookIngest,
    private readonly requests: Requests,
  ) {}

  @Post()
  @HttpCode(200)
  async post(@Body() body: unknown): Promise<Receipt> {
    if (this.ingest.isDraining) {
      this.requests.count('draining')
      throw new ServiceUnavailableException('this node is stopping: send it to another, or to this one later')
    }
    const delivery = readDelivery(body)
    if ('fault' in delivery) {
      this.requests.count('invalid')
      throw new BadRequestException(delivery.fault)
    }
    const workers = await this.ingest.deliver(delivery)
    if (workers === 0) {
      this.requests.count('unreached')
      throw new ServiceUnavailableException('no worker has taken it within 2 s')
    }
    this.requests.count('accepted')
    return { status: 'OK', updates: delivery.ids.length, details: delivery.detail === null ? 0 : 1, workers }
  }
}
