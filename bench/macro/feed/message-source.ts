import { nowNs } from '../machine/clock.js'
import { ECHO_PATH, EPS_PATH } from '../paths.js'
import { stampOf } from '../stamp.js'
import { EMPTY_TALLY, hashOf, plus, type Tallies, type Tally } from '../tally.js'
import type { Feed } from './commands.js'
import { drawIds } from './feed-ids.js'
import { encodePublish } from './publish.js'

/** Of the scores so many a second are stamps: enough to know the latency, few enough that frames stay what they are without. */
const STAMPS_PER_SECOND = 100
const SCORE_UPDATES = 'stream.score_updates'
const DETAIL_FILLER = 'x'.repeat(240)

/** Makes the messages of a feed, and counts what they add up to. */
export class MessageSource {
  published = 0
  private readonly ids: readonly string[]
  private readonly stampEvery: number
  private readonly hashes = new Map<string, number>()
  private readonly tallyOf = new Map<string, Tally>()

  constructor(private readonly feed: Feed) {
    this.ids = drawIds(feed.ids)
    this.stampEvery = Math.max(1, Math.round(feed.perSecond / STAMPS_PER_SECOND))
  }

  /** The PUBLISH command of the next message. */
  next(): string {
    const id = this.ids[this.published % this.ids.length] ?? ''
    this.published++
    return this.feed.kind === 'scores' ? this.score(id) : this.detail(id)
  }

  get tallies(): Tallies {
    return Object.fromEntries(this.tallyOf)
  }

  private score(drawn: string): string {
    const isStamp = this.published % this.stampEvery === 0
    const id = isStamp ? stampOf(nowNs()) : drawn
    const hash = isStamp ? hashOf(id) : this.hash(id)
    for (const path of [EPS_PATH, ECHO_PATH, '/subscribe/raw']) this.count(path, hash)
    return encodePublish(SCORE_UPDATES, id)
  }

  /** The place of the stamp is known to clients/payload-readers.ts. */
  private detail(id: string): string {
    const stamp = stampOf(nowNs())
    this.count(`/subscribe/details/${id}`, hashOf(stamp))
    return encodePublish(`stream.tweet_updates.${id}`, `{"id":"${stamp}","text":"${DETAIL_FILLER}","screen_name":"bench"}`)
  }

  private count(path: string, hash: number): void {
    this.tallyOf.set(path, plus(this.tallyOf.get(path) ?? EMPTY_TALLY, hash, 1))
  }

  private hash(id: string): number {
    const known = this.hashes.get(id)
    if (known !== undefined) return known
    const hash = hashOf(id)
    this.hashes.set(id, hash)
    return hash
  }
}
