import { connect, type Socket } from 'node:net'
import { until } from '../machine/until.js'
import type { Feed, Published } from './commands.js'
import { MessageSource } from './message-source.js'
import { PublishReplies } from './publish.js'

const TICK_MS = 1
/** A publisher that was held up makes good at most so many seconds at once. */
const MAX_BURST_S = 0.25
/** Redis is behind: what waits here would only be older on arrival. */
const MAX_WAITING_BYTES = 4_194_304
const REPLIES_MS = 10_000
/** Longer than any run: a publisher that was forgotten stops by itself. */
const MAX_MS = 900_000

/** Publishes at a steady rate over one connection, without waiting for replies. Each message has a time of its own, so lateness doesn't add up. */
export class Publisher {
  private readonly source: MessageSource
  private readonly replies = new PublishReplies()
  private readonly socket: Socket
  private readonly startMs = performance.now()
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
    if (!(await until(() => this.replies.count === this.published, REPLIES_MS))) throw new Error('Redis has not answered everything')
    this.socket.destroy()
    return { tallies: this.source.tallies, unheard: this.replies.unheard }
  }

  private tick(): void {
    const elapsedMs = performance.now() - this.startMs
    if (this.socket.writableLength < MAX_WAITING_BYTES) this.publishUntil((elapsedMs / 1000) * this.feed.perSecond)
    if (elapsedMs < MAX_MS) this.timer = setTimeout(() => this.tick(), TICK_MS)
  }

  private publishUntil(due: number): void {
    const end = Math.min(due, this.published + MAX_BURST_S * this.feed.perSecond)
    let commands = ''
    while (this.published < end) commands += this.source.next()
    if (commands !== '') this.socket.write(commands, 'latin1')
  }
}
