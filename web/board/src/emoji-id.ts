const POINTS = /^[0-9A-F]{4,6}(?:-[0-9A-F]{4,6})*$/
const EMOJI_PRESENTATION = '\u{fe0f}'
const LAST_POINT = 0x10ffff

/**
 * The character of an id that is made of upper-case code points joined by `-`; null for any other id, since ids are opaque. A single code
 * point gets a selector that asks for an emoji, not for text.
 */
export function charOf(id: string): string | null {
  if (!POINTS.test(id)) return null
  const points = id.split('-').map((point) => Number.parseInt(point, 16))
  if (points.some((point) => point > LAST_POINT || isSurrogate(point))) return null
  const char = String.fromCodePoint(...points)
  // Control characters and spaces are invisible.
  if (!/^[^\p{C}\p{Z}]/u.test(char)) return null
  return points.length === 1 ? char + EMOJI_PRESENTATION : char
}

const isSurrogate = (point: number) => point >= 0xd800 && point <= 0xdfff
