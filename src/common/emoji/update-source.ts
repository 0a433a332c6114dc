import { type Random, seededRandom } from '../core/seeded-random.js'
import type { Emoji } from './emoji.js'
import { type Post, PostWriter } from './post-writer.js'

/** The most popular emoji in order: faces, hearts and hands. An estimate, not a measurement. */
const FAVOURITES =
  '😂 ❤️ 😍 ♥️ 😭 😘 😊 👌 💕 👏 😁 ☺️ 😔 ♻️ 😏 🎉 😒 🙌 😩 🔥 ✨ 😉 💔 👍 💙 😢 🙏 💜 😌 💯 😳 🌹 😜 🎶 💖 👀 😅 💪 ✌️ 🙈'.split(' ')

/** An arbitrary constant, so that the order is the same in every process. */
const ORDER_SEED = 858

/** The emoji from the most to the least popular: the favourites, then the others in a fixed random order. */
export function byPopularity(emoji: readonly Emoji[]): readonly Emoji[] {
  const random = seededRandom(ORDER_SEED)
  const ranks = new Map(FAVOURITES.map((char, rank) => [char, rank]))
  // One draw per emoji, favourites included, so that a change of the favourites doesn't reorder the others.
  return emoji
    .map((each) => ({ each, rank: FAVOURITES.length + random() }))
    .map(({ each, rank }) => ({ each, rank: ranks.get(each.char) ?? rank }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ each }) => each)
}

/** The weights of a long tail (Zipf's law): the k-th weighs 1/k of the first, which weighs 1. */
export const weights = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => 1 / (index + 1))

/** Invents updates: emoji by their popularity, and posts that contain them. Pure: the same random numbers give the same sequence. */
export class UpdateSource {
  private readonly edges: Float64Array
  private readonly writer: PostWriter

  /** @param emoji at least one, from the most to the least popular */
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

  /** A post that contains this emoji. */
  post({ char }: Emoji, now: Date): Post {
    return this.writer.write(char, now)
  }
}
