import { jsonKey } from '../../../common/score-log/id-table.js'

/** An id that filters follow. */
export class FollowedId<Filter = unknown> {
  /** The sum of its increments up to the last fold, from any start: differences alone mean something. */
  sum = 0
  /** The increments of the flushes since the last fold. */
  waiting = 0
  readonly filters = new Set<Filter>()
  /** `"<id>":` in JSON. */
  readonly jsonKey: string

  /** @param changedAt the position of the flush that has changed the sum last; at first, the one that was the last when it was made */
  constructor(
    readonly id: string,
    public changedAt: number,
  ) {
    this.jsonKey = Buffer.from(jsonKey(Buffer.from(id))).toString()
  }

  /** Adds what has come since the last fold, up to a position. */
  fold(to: number): void {
    this.sum += this.waiting
    this.waiting = 0
    this.changedAt = to
  }
}

/** The index id → filters. It holds the ids that a filter follows, and no other. */
export class FollowedIds<Filter = unknown> {
  private readonly byId = new Map<string, FollowedId<Filter>>()

  get size(): number {
    return this.byId.size
  }

  /** @param id in UTF-8 */
  find(id: Uint8Array): FollowedId<Filter> | undefined {
    return this.byId.get(Buffer.from(id.buffer, id.byteOffset, id.length).toString())
  }

  /** @param position of the last flush */
  follow(id: string, filter: Filter, position: number): FollowedId<Filter> {
    let followed = this.byId.get(id)
    if (followed === undefined) {
      followed = new FollowedId<Filter>(id, position)
      this.byId.set(id, followed)
    }
    followed.filters.add(filter)
    return followed
  }

  unfollow(followed: FollowedId<Filter>, filter: Filter): void {
    followed.filters.delete(filter)
    if (followed.filters.size === 0) this.byId.delete(followed.id)
  }
}
