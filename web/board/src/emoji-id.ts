const POINTS = /^[0-9A-F]{4,6}(?:-[0-9A-F]{4,6})*$/
const EMOJI_PRESENTATION = '\u{fe0f}'
const LAST_POINT = 0x10ffff

/**
 * The character of an id, upper-case code points joined by `-`; null for any other id, of which there may be some, since ids are opaque. A single point is
 * asked for as an emoji, not as text.
 */
export function charOf(id: string): string | null {
  if (!POINTS.test(id)) return null
  const points = id.split('-').map((point) => Number.parseInt(point, 16))
  if (points.some((point) => point > LAST_POINT || isSurrogate(point))) return null
  const char = String.fromCodePoint(...points)
  // Control characters and spaces show nothing.
  if (!/^[^\p{C}\p{Z}]/u.test(char)) return null
  return points.length === 1 ? char + EMOJI_PRESENTATION : char
}

const isSurrogate = (point: number) => point >= 0xd800 && point <= 0xdfff
