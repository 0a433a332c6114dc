/** An emoji that the feeder counts. */
export interface Emoji {
  /** Upper-case code points joined by `-`, at least four digits each, without variation selectors: `1F602`, `2764`, `1F1EA-1F1F8`. */
  readonly id: string
  /** The emoji itself, with the variation selector that some need to be shown in colour. */
  readonly char: string
  /** English, lower case: `face with tears of joy`. */
  readonly name: string
  /** One of Unicode's nine groups: `Smileys & Emotion`. */
  readonly group: string
}

/** The fields of an entry of unicode-emoji-json that the server reads. */
export interface EmojiEntry {
  readonly name: string
  readonly group: string
  readonly emoji_version: string
}

/** The versions of the emoji that emojitracker counts: those of the first phones. */
const COUNTED_VERSIONS: readonly string[] = ['0.6', '0.7']
const VARIATION_SELECTOR = 0xfe0f

/** The counted emoji among the entries of unicode-emoji-json (`data-by-emoji.json`: character → entry), in the order of the keyboard. */
export const countedEmoji = (entries: Readonly<Record<string, EmojiEntry>>): Emoji[] =>
  Object.entries(entries)
    .filter(([, { emoji_version }]) => COUNTED_VERSIONS.includes(emoji_version))
    .map(([char, { name, group }]) => ({ id: emojiId(char), char, name, group }))

/** The id of an emoji, as the feeder spells it. */
export function emojiId(char: string): string {
  const points = [...char].map((each) => each.codePointAt(0) ?? 0).filter((point) => point !== VARIATION_SELECTOR)
  return points.map((point) => point.toString(16).toUpperCase().padStart(4, '0')).join('-')
}
