import { Module } from '@nestjs/common'
import { Totals } from './totals.js'

/** `GET /subscribe/totals`: the count of each id since the start. */
@Module({ providers: [Totals] })
export default class TotalsModule {}
