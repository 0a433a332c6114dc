import { Injectable } from '@nestjs/common'
import { Counter, MetricsRegistry } from 'emojitrack-streamer/plugin'

const OUTCOMES = ['accepted', 'unauthorized', 'invalid', 'draining', 'unreached'] as const

/** The outcome of a request. `unreached`: no worker accepted it within the 2 s of the relay. */
export type Outcome = (typeof OUTCOMES)[number]

/** Counts requests by outcome. Requests that the server's parser rejects don't reach it. */
@Injectable()
export class Requests {
  private readonly counter: Counter<'outcome'>

  constructor(metrics: MetricsRegistry) {
    this.counter = new Counter({
      name: 'webhook_ingest_requests_total',
      help: 'Requests to POST /ingest.',
      labelNames: ['outcome'],
      registers: [metrics],
    })
    // Starts each outcome at 0, so that its first request is seen as an increase.
    for (const outcome of OUTCOMES) this.counter.inc({ outcome }, 0)
  }

  count(outcome: Outcome): void {
    this.counter.inc({ outcome })
  }
}
