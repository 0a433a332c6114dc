import entries from 'unicode-emoji-json/data-by-emoji.json'
import { countedEmoji } from '../../../src/common/emoji/emoji.js'
import { charOf } from './emoji-id.js'

/** The content of a cell for an id, except its count. */
export interface Face {
  readonly id: string
  /** The character, or the id itself if it has none. */
  readonly char: string
  readonly name: string
}

/** The emoji that the feeder counts, in the order of the keyboard. */
export const EMOJI: readonly Face[] = countedEmoji(entries)

/** The face of any other id. */
export const strangerOf = (id: string): Face => ({ id, char: charOf(id) ?? id, name: id })
