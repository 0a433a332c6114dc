import { Module } from '@nestjs/common'
import { Trending } from './trending.js'

/** `GET /subscribe/trending`: the ids whose counts rose most in the last minute. */
@Module({ providers: [Trending] })
export default class TrendingModule {}
