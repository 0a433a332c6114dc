import { connect, type Socket } from 'node:net'
import { until } from '../machine/time.js'
import type { Feed, Published } from './commands.js'
import { MessageSource } from './message-source.js'
import { PublishReplies } from './publish.js'

const TICK_MS = 1
/** The junk that one tick adds. */
const JUNK_PER_TICK = 1000
/** A delayed publisher makes up for at most so many seconds at once. */
const MAX_BURST_S = 0.25
/** Above this Redis is behind, and further messages would only arrive older. */
const MAX_WAITING_BYTES = 4_194_304
const REPLIES_MS = 10_000
/** Longer than any run: a publisher without a runner stops by itself. */
const MAX_MS = 4_000_000

/** Publishes at a steady rate over one connection, without waiting for replies. Each update has its own time: delays do not add up. */
export class Publisher {
  private readonly source: MessageSource
  private readonly replies = new PublishReplies()
  private readonly socket: Socket
  private readonly startMs = performance.now()
  /** The start of the steady rate: the end of the junk. */
  private steadyMs = performance.now()
  private timer: NodeJS.Timeout | undefined

  constructor(
    redisPort: number,
    private readonly feed: Feed,
  ) {
    this.source = new MessageSource(feed)
    this.socket = connect(redisPort, '127.0.0.1').setNoDelay()
    this.socket.on('data', (bytes) => this.replies.push(bytes))
    this.tick()
  }

  get published(): number {
    return this.source.published
  }

  async stop(): Promise<Published> {
    clearTimeout(this.timer)
    if (!(await until(() => this.replies.count === this.source.messages, REPLIES_MS))) throw new Error('Redis has not answered everything')
    this.socket.destroy()
    return { ...this.source.sums, unheard: this.replies.unheard }
  }

  private tick(): void {
    const nowMs = performance.now()
    if (this.socket.writableLength < MAX_WAITING_BYTES) this.publish(nowMs)
    if (nowMs - this.startMs < MAX_MS) this.timer = setTimeout(() => this.tick(), TICK_MS)
  }

  private publish(nowMs: number): void {
    const { junk, perSecond } = this.feed
    if (this.published < junk) {
      this.publishUntil(Math.min(this.published + JUNK_PER_TICK, junk))
      this.steadyMs = nowMs
    } else {
      const due = junk + ((nowMs - this.steadyMs) / 1000) * perSecond
      this.publishUntil(Math.min(due, this.published + MAX_BURST_S * perSecond))
    }
  }

  private publishUntil(end: number): void {
    let commands = ''
    while (this.published < end) commands += this.source.next()
    if (commands !== '') this.socket.write(commands, 'latin1')
  }
}
