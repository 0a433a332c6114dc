import { Module } from '@nestjs/common'
import { IngestController } from './ingest.controller.js'
import { Requests } from './requests.js'
import { WebhookIngest } from './webhook-ingest.js'
import { WebhookToken } from './webhook-token.js'

/** `POST /ingest`: a source beside Redis, for clients with the WEBHOOK_TOKEN. */
@Module({
  controllers: [IngestController],
  providers: [{ provide: WebhookToken, useFactory: () => new WebhookToken(process.env['WEBHOOK_TOKEN']) }, Requests, WebhookIngest],
})
export default class WebhookIngestModule {}
