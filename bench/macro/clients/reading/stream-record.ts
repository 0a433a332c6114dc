import { addToChecksum, EMPTY_TALLY, plus, type Tally } from '../../tally.js'
import type { Latencies } from './latencies.js'

/** The common state of all streams of a process: the arrival time of the bytes at hand, and the ages of the stamps among them. */
export interface Arrivals {
  nowNs: number
  readonly latencies: Latencies
}

/** The counts of one stream, over all its connections. */
export class StreamRecord implements Tally {
  events = 0
  sum = 0
  checksum = 0
  /** Payloads that are not in the form of the stream. */
  malformed = 0
  /** The updates of each second after the junk. */
  readonly seconds: Tally[] = []
  private eventNs = 0
  private gapNs = 0

  constructor(private readonly arrivals: Arrivals) {}

  /** Lets the sums begin anew. */
  restart(): void {
    this.sum = 0
    this.checksum = 0
  }

  /** Takes the end of an event. */
  event(): void {
    this.events++
    const { nowNs } = this.arrivals
    if (nowNs - this.eventNs > this.gapNs) this.gapNs = nowNs - this.eventNs
    this.eventNs = nowNs
  }

  /** Takes one id with its increments. */
  count(hash: number, increments: number): void {
    this.sum += increments
    this.checksum = addToChecksum(this.checksum, hash, increments)
  }

  /** Takes one id of a second after the junk with its increments. */
  countSecond(second: number, hash: number, increments: number): void {
    this.seconds[second] = plus(this.seconds[second] ?? EMPTY_TALLY, hash, increments)
  }

  /** Takes the time of a stamp. */
  stamped(ns: number): void {
    this.arrivals.latencies.add((this.arrivals.nowNs - ns) / 1000)
  }

  /** Returns the longest time without an event since the last call, the time until now included. */
  takeGap(nowNs: number): number {
    const longest = Math.max(this.gapNs, nowNs - this.eventNs)
    this.gapNs = 0
    this.eventNs = nowNs
    return longest
  }
}
