import type { SubscriberInfo } from '../../common/stats/stream-stats.js'

interface Seen {
  readonly info: SubscriberInfo
  /** Its place in the order of opening. */
  readonly place: number
}

/**
 * Picks the connections that a report lists: the worst, which lag the longest, as up to half of it, and else the most recent ones. Remembers no more than a few
 * times `limit`, however many it sees.
 */
export class ConnectionPick {
  private readonly recent: Seen[] = []
  private readonly worst: Seen[] = []
  private readonly mostOfTheWorst: number
  private seen = 0

  constructor(private readonly limit: number) {
    this.mostOfTheWorst = Math.floor(limit / 2)
  }

  /** To be called in the order of opening. */
  see(info: SubscriberInfo): void {
    if (this.limit === 0) return
    const place = this.seen++
    const connection = { info, place }
    this.recent[place % this.limit] = connection
    if (info.lagMs === 0 && info.bufferedBytes === 0) return
    this.worst.push(connection)
    if (this.worst.length >= 2 * this.limit) this.keepTheWorst()
  }

  /** Ascending by `createdAt`. */
  list(): SubscriberInfo[] {
    this.keepTheWorst()
    const places = new Set(this.worst.map(({ place }) => place))
    const chosen = [...this.worst]
    for (let place = this.seen - 1; place >= 0 && chosen.length < this.limit; place--) {
      const connection = this.recent[place % this.limit]
      if (connection?.place !== place) break
      if (!places.has(place)) chosen.push(connection)
    }
    return chosen.sort((a, b) => a.info.createdAt - b.info.createdAt || a.place - b.place).map(({ info }) => info)
  }

  private keepTheWorst(): void {
    this.worst.sort(({ info: a }, { info: b }) => b.lagMs - a.lagMs || b.bufferedBytes - a.bufferedBytes)
    this.worst.length = Math.min(this.worst.length, this.mostOfTheWorst)
  }
}
