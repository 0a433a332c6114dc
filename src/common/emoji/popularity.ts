import { seededRandom } from '../seeded-random.js'
import type { Emoji } from './emoji.js'

/** What people post most, the first first: faces, hearts and hands. By feel, not measured. */
const FAVOURITES =
  '😂 ❤️ 😍 ♥️ 😭 😘 😊 👌 💕 👏 😁 ☺️ 😔 ♻️ 😏 🎉 😒 🙌 😩 🔥 ✨ 😉 💔 👍 💙 😢 🙏 💜 😌 💯 😳 🌹 😜 🎶 💖 👀 😅 💪 ✌️ 🙈'.split(' ')

/** Any number will do, as long as it stays: the order is the same in every process. */
const ORDER_SEED = 858

/** The emoji from the most to the least popular: the favourites, then the others in an order drawn once and for all. */
export function byPopularity(emoji: readonly Emoji[]): readonly Emoji[] {
  const random = seededRandom(ORDER_SEED)
  const ranks = new Map(FAVOURITES.map((char, rank) => [char, rank]))
  // One draw per emoji, favourites included, so that a change among those leaves the others where they are.
  return emoji
    .map((each) => ({ each, rank: FAVOURITES.length + random() }))
    .map(({ each, rank }) => ({ each, rank: ranks.get(each.char) ?? rank }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ each }) => each)
}

/** The weights of a long tail (Zipf's law): the k-th weighs 1/k of the first, which weighs 1. */
export const weights = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => 1 / (index + 1))
