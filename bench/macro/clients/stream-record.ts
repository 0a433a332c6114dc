import { addToChecksum, type Tally } from '../tally.js'
import type { Latencies } from './latencies.js'

/** What all streams of a process have in common: when the bytes at hand arrived, and how old the stamps among them are. */
export interface Arrivals {
  nowNs: number
  readonly latencies: Latencies
}

/** What one stream has received, over all its connections. */
export class StreamRecord implements Tally {
  events = 0
  sum = 0
  checksum = 0
  /** Payloads that are not what the stream promises. */
  malformed = 0

  constructor(private readonly arrivals: Arrivals) {}

  /** Takes one id with its increments. */
  count(hash: number, increments: number): void {
    this.sum += increments
    this.checksum = addToChecksum(this.checksum, hash, increments)
  }

  /** Takes the time of a stamp. */
  stamped(ns: number): void {
    this.arrivals.latencies.add((this.arrivals.nowNs - ns) / 1000)
  }
}
