import type { Emoji } from '../../common/emoji/emoji.js'
import { visible } from '../../common/logging/control-characters.js'
import type { Tallied } from './score-tally.js'

/** What the table shows. */
export interface Table {
  /** The line above it. */
  readonly title: string
  /** The highest count first. */
  readonly rows: readonly Tallied[]
  /** The emoji of an id, where it is one that we know. */
  readonly emojiOf: (id: string) => Emoji | undefined
}

/** The space of a terminal, in characters. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

const EMOJI_AT = 6
const NAME_AT = 10
const COUNT_WIDTH = 12
const RATE_WIDTH = 9
/** Lines above the rows. */
const HEAD = 2

/** How many rows of emoji fit; the last line stays free. */
export const rowsThatFit = ({ rows }: Size): number => Math.max(0, rows - HEAD - 1)

/**
 * The table as lines for a terminal of this size; each fits into a line. An emoji may be one or two columns wide, terminals differ, so that what
 * follows it is put into its column by an escape sequence; no other control character is in them. Pure.
 */
export function tableLines({ title, rows, emojiOf }: Table, size: Size): string[] {
  const nameWidth = Math.max(0, size.columns - NAME_AT - COUNT_WIDTH - RATE_WIDTH)
  const figures = (count: string, rate: string) => count.padStart(COUNT_WIDTH) + rate.padStart(RATE_WIDTH)
  const line = (rank: string, char: string, name: string, rest: string) =>
    `${rank.padStart(3)}${column(EMOJI_AT)}${char}${column(NAME_AT)}${cut(name, nameWidth).padEnd(nameWidth)}${rest}`
  return [
    cut(title, size.columns - 1),
    line('#', '', 'name', figures('count', 'per s')),
    ...rows.slice(0, rowsThatFit(size)).map(({ id, count, perSecond }, index) => {
      const emoji = emojiOf(id)
      return line(String(index + 1), emoji?.char ?? '', emoji?.name ?? visible(id), figures(String(count), perSecond.toFixed(1)))
    }),
  ]
}

const column = (at: number) => `\x1b[${at}G`

/** By code points: names are plain, and who sends other ids gets a table that isn't straight. */
function cut(text: string, width: number): string {
  const points = [...text]
  if (points.length <= width) return text
  return width === 0 ? '' : `${points.slice(0, width - 1).join('')}…`
}
