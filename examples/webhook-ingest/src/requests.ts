import { Injectable } from '@nestjs/common'
import { Counter, MetricsRegistry } from 'emojitrack-streamer/plugin'

const OUTCOMES = ['accepted', 'unauthorized', 'invalid', 'draining', 'unreached'] as const

/** What became of a request. `unreached`: no worker took it within the relay's 2 s. */
export type Outcome = (typeof OUTCOMES)[number]

/** Counts the requests by outcome; those that the server's own parser refuses don't come here. */
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
    // From 0, so that the first of each shows as a rise.
    for (const outcome of OUTCOMES) this.counter.inc({ outcome }, 0)
  }

  count(outcome: Outcome): void {
    this.counter.inc({ outcome })
  }
}
