import { Module } from '@nestjs/common'
import { Trending } from './trending.js'

/** `GET /subscribe/trending`: what rose most in the last minute. */
@Module({ providers: [Trending] })
export default class TrendingModule {}
