import type { Random } from '../seeded-random.js'
import type { Emoji } from './emoji.js'
import { weights } from './popularity.js'
import { type Post, PostWriter } from './post-writer.js'

/** Makes updates up: emoji by their popularity, and posts that show them. Pure; the same random numbers give the same row. */
export class UpdateSource {
  private readonly edges: Float64Array
  private readonly writer: PostWriter

  /** Takes the emoji from the most to the least popular, at least one. */
  constructor(
    private readonly emoji: readonly Emoji[],
    private readonly random: Random,
  ) {
    let sum = 0
    this.edges = Float64Array.from(weights(emoji.length), (weight) => (sum += weight))
    this.writer = new PostWriter(random)
  }

  /** The emoji of the next update. */
  next(): Emoji {
    const target = this.random() * (this.edges.at(-1) ?? 0)
    let low = 0
    let high = this.edges.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.edges[middle] ?? 0) > target) high = middle
      else low = middle + 1
    }
    const emoji = this.emoji[low]
    if (emoji === undefined) throw new RangeError('no emoji to draw from')
    return emoji
  }

  /** A post that shows this emoji. */
  post({ char }: Emoji, now: Date): Post {
    return this.writer.write(char, now)
  }
}
