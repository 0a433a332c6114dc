import { nowNs } from '../machine/time.js'
import { EMPTY_TALLY, hashOf, plus, type Tally } from '../tally.js'
import { DETAILS_PATH, ECHO_PATH, EPS_PATH, FIRST_SECOND, LAST_SECOND, RAW_PATH, stampOf } from '../wire.js'
import type { Feed, Published } from './commands.js'
import { drawIds } from './feed-ids.js'
import { encodePublish, encodeRaise } from './publish.js'

/** The number of stamps among the scores of a second: enough for the latency, too few to change the frames. */
const STAMPS_PER_SECOND = 100
const SCORE_UPDATES = 'stream.score_updates'

/** Makes the messages of a feed, and counts them. */
export class MessageSource {
  /** The number of updates. */
  published = 0
  /** The number of messages. */
  messages = 0
  private readonly ids: readonly string[]
  private readonly stampEvery: number
  private readonly text: string
  private readonly hashes = new Map<string, number>()
  private readonly tallyOf = new Map<string, Tally>()
  private readonly seconds: Tally[] = []

  constructor(private readonly feed: Feed) {
    this.ids = drawIds(feed.ids)
    this.stampEvery = Math.max(1, Math.round(feed.perSecond / STAMPS_PER_SECOND))
    this.text = 'x'.repeat(feed.postLength)
  }

  /** The PUBLISH commands of the next update. */
  next(): string {
    const { kind, junk } = this.feed
    const { published } = this
    this.published++
    if (published < junk) return this.score(`JUNK-${published}`)
    const id = this.ids[published % this.ids.length] ?? ''
    if (kind === 'details') return this.detail(id)
    return kind === 'both' ? this.score(this.orStamp(id)) + this.detail(id) : this.score(junk > 0 ? this.ofSecond(id) : this.orStamp(id))
  }

  /** The sums of all messages so far. */
  get sums(): Pick<Published, 'tallies' | 'seconds'> {
    return { tallies: Object.fromEntries(this.tallyOf), seconds: this.seconds }
  }

  private score(id: string): string {
    const hash = this.hash(id)
    for (const path of [EPS_PATH, ECHO_PATH, RAW_PATH]) this.count(path, hash)
    this.messages++
    return this.feed.isScored ? encodeRaise(id) : encodePublish(SCORE_UPDATES, id)
  }

  /** clients/reading/payload-readers.ts knows the place of the stamp. */
  private detail(id: string): string {
    const stamp = stampOf(nowNs())
    const hash = hashOf(stamp)
    for (const path of [DETAILS_PATH, `${DETAILS_PATH}/${id}`]) this.count(path, hash)
    this.messages++
    return encodePublish(`stream.tweet_updates.${id}`, `{"id":"${stamp}","text":"${this.text}","screen_name":"bench"}`)
  }

  /** Replaces every n-th id by a stamp. Each stamp would be another score in Redis. */
  private orStamp(id: string): string {
    return this.published % this.stampEvery === 0 && !this.feed.isScored ? stampOf(nowNs()) : id
  }

  /** Marks an id with the second in which it is due. A client can tell from the ids alone which updates of that second are missing. */
  private ofSecond(drawn: string): string {
    const second = Math.min(Math.floor((this.published - this.feed.junk - 1) / this.feed.perSecond), LAST_SECOND - FIRST_SECOND)
    const id = drawn + String.fromCharCode(FIRST_SECOND + second)
    this.seconds[second] = plus(this.seconds[second] ?? EMPTY_TALLY, this.hash(id), 1)
    return id
  }

  private count(path: string, hash: number): void {
    this.tallyOf.set(path, plus(this.tallyOf.get(path) ?? EMPTY_TALLY, hash, 1))
  }

  /** Stamps and junk come once: the map keeps the hashes of the other ids. */
  private hash(id: string): number {
    const known = this.hashes.get(id)
    if (known !== undefined) return known
    const hash = hashOf(id)
    if (this.published > this.feed.junk && !id.startsWith('T')) this.hashes.set(id, hash)
    return hash
  }
}
