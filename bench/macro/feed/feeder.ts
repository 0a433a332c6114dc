import { Helper } from '../remote/helper.js'
import { type Feed, type Published, progressSchema, publishedSchema } from './commands.js'

const DEADLINE_MS = 20_000

/** The runner's side of the publisher. */
export class Feeder {
  private readonly helper = Helper.start('feed/feed-process.js')

  constructor(
    private readonly redisPort: number,
    private readonly feed: Feed,
  ) {}

  async start(): Promise<void> {
    await this.helper.ask({ do: 'start', redisPort: this.redisPort, feed: this.feed }, progressSchema, DEADLINE_MS)
  }

  /** The number of updates so far. */
  async published(): Promise<number> {
    return (await this.helper.ask({ do: 'mark' }, progressSchema, DEADLINE_MS)).published
  }

  stop(): Promise<Published> {
    return this.helper.ask({ do: 'stop' }, publishedSchema, DEADLINE_MS)
  }

  end(): void {
    this.helper.end()
  }
}
