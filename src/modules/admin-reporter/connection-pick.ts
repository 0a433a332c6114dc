import type { SubscriberInfo } from '../../common/stats/stream-stats.js'

interface Seen {
  readonly info: SubscriberInfo
  /** The position in the order of opening. */
  readonly place: number
}

/**
 * Picks the connections that a report lists: those that lag the longest, as at most half of the list, and the most recent ones. Its memory
 * is bounded by a few times `limit`, however many connections it sees.
 */
export class ConnectionPick {
  private readonly recent: Seen[] = []
  private readonly worst: Seen[] = []
  private readonly worstLimit: number
  private seen = 0

  constructor(private readonly limit: number) {
    this.worstLimit = Math.floor(limit / 2)
  }

  /** Must be called in the order of opening. */
  see(info: SubscriberInfo): void {
    if (this.limit === 0) return
    const place = this.seen++
    const connection = { info, place }
    this.recent[place % this.limit] = connection
    if (info.lagMs === 0 && info.bufferedBytes === 0) return
    this.worst.push(connection)
    if (this.worst.length >= 2 * this.limit) this.trimWorst()
  }

  /** Ascending by `createdAt`. */
  list(): SubscriberInfo[] {
    this.trimWorst()
    const places = new Set(this.worst.map(({ place }) => place))
    const chosen = [...this.worst]
    for (let place = this.seen - 1; place >= 0 && chosen.length < this.limit; place--) {
      const connection = this.recent[place % this.limit]
      if (connection?.place !== place) break
      if (!places.has(place)) chosen.push(connection)
    }
    return chosen.sort((a, b) => a.info.createdAt - b.info.createdAt || a.place - b.place).map(({ info }) => info)
  }

  private trimWorst(): void {
    this.worst.sort(({ info: a }, { info: b }) => b.lagMs - a.lagMs || b.bufferedBytes - a.bufferedBytes)
    this.worst.length = Math.min(this.worst.length, this.worstLimit)
  }
}
