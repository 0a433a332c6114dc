import type { Emoji } from '../../common/emoji/emoji.js'
import { loadEmoji } from '../../common/emoji/load-emoji.js'
import { visible } from '../../common/platform/printable.js'
import type { Output } from '../terminal.js'
import type { View } from './line-view.js'
import { incrementsOf, ScoreCounter, type Tallied } from './score-counter.js'
import { Screen, type Size } from './screen.js'

const DRAW_MS = 100

/** The emoji that came most, as a table that fills the terminal; its last state stays behind. */
export class TableView implements View {
  private readonly emoji = new Map(loadEmoji().map((each) => [each.id, each]))
  private readonly screen: Screen
  private readonly startMs = performance.now()
  private readonly tally = new ScoreCounter(this.startMs)
  private state = 'connecting'
  private readonly drawing: NodeJS.Timeout

  constructor(
    private readonly namespace: 'eps' | 'raw',
    private readonly url: URL,
    private readonly top: number,
    private readonly output: Output,
  ) {
    this.screen = new Screen(output)
    this.screen.open()
    this.drawing = setInterval(() => this.draw(), DRAW_MS)
  }

  event(_name: string, data: string): void {
    const nowMs = performance.now()
    for (const [id, increment] of incrementsOf(this.namespace, data)) this.tally.add(id, increment, nowMs)
  }

  changed(state: string): void {
    this.state = state
  }

  close(): void {
    clearInterval(this.drawing)
    this.screen.close()
    if (this.tally.total === 0) return
    const { columns } = this.screen.size
    this.output.write(`${this.lines({ columns, rows: Number.POSITIVE_INFINITY }).join('\n')}\n`)
  }

  private draw(): void {
    this.screen.draw(this.lines(this.screen.size))
  }

  private lines(size: Size): string[] {
    const nowMs = performance.now()
    const figures = `${this.tally.total} updates, ${this.tally.perSecond(nowMs).toFixed(1)}/s`
    const title = visible(`${figures} · ${this.state} · ${this.url}`)
    const rows = this.tally.top(Math.min(this.top, rowsThatFit(size)), nowMs)
    return tableLines({ title, rows, emojiOf: (id) => this.emoji.get(id) }, size)
  }
}

/** What the table shows. */
export interface Table {
  /** The line above it. */
  readonly title: string
  /** The highest count first. */
  readonly rows: readonly Tallied[]
  /** The emoji of an id, where it is one that we know. */
  readonly emojiOf: (id: string) => Emoji | undefined
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
