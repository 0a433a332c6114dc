import { Module } from '@nestjs/common'
import { Totals } from './totals.js'

/** `GET /subscribe/totals`: how often each id has come since the start. */
@Module({ providers: [Totals] })
export default class TotalsModule {}
