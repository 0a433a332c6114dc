import { Module } from '@nestjs/common'
import { Starter } from './starter.js'

/** `GET /subscribe/starter`: the newest id. */
@Module({ providers: [Starter] })
export default class StarterModule {}
