import { detailChannel } from '../../common/core/namespace.js'
import type { Emoji } from '../../common/emoji/emoji.js'
import { loadEmoji } from '../../common/emoji/load-emoji.js'
import { visible } from '../../common/logging/logger.js'
import { type Output, Screen, type Size } from '../terminal.js'
import { type IdCount, ScoreCounter, type ScoreForm } from './score-counter.js'

/** A view of a stream. */
export interface View {
  event(name: string, data: string): void
  /** Shows the state of the stream: open or lost. */
  changed(state: string): void
  /** Shows what the stream reports on itself. */
  note(text: string): void
  /** Ends the view. `summary`: whether the stream has brought everything; may be empty. */
  close(summary: string): void
}

/** The maximum backlog for a slow reader, on outputs that don't block. */
const MAX_WAITING_BYTES = 16_777_216

/** Prints one line per event; the state, and at the end a summary, on standard error. */
export class LineView implements View {
  private state = ''
  private leftOut = 0
  private events = 0
  private readonly counter: ScoreCounter | null

  /** @param form the form of the events; null for a stream that is not of scores */
  constructor(
    private readonly namespace: string,
    form: ScoreForm | null,
    private readonly url: URL,
    private readonly output: Output,
    private readonly errors: Output,
  ) {
    this.counter = form === null ? null : new ScoreCounter(performance.now(), form)
  }

  event(name: string, data: string): void {
    this.events++
    this.counter?.take(name, data, performance.now())
    if (this.output.writableLength > MAX_WAITING_BYTES) {
      this.leftOut++
      return
    }
    if (this.leftOut > 0) this.errors.write(`${this.leftOut} lines left out: the reader is too slow\n`)
    this.leftOut = 0
    this.output.write(`${plainLine(this.namespace, name, data)}\n`)
  }

  changed(state: string): void {
    if (state !== this.state) this.note(state)
    this.state = state
  }

  note(text: string): void {
    this.errors.write(`${visible(`${this.url}: ${text}`)}\n`)
  }

  close(summary: string): void {
    if (this.leftOut > 0) this.errors.write(`${this.leftOut} lines left out: the reader is too slow\n`)
    // A stream that never opened has nothing to sum up.
    if (this.events === 0 && summary === '') return
    const count = this.counter === null ? `${this.events} events` : `${this.counter.total} updates`
    this.note([count, summary].filter(Boolean).join('; '))
  }
}

/**
 * One event as one line, without the line feed: its data, preceded by its name and a tab unless the name follows from the namespace.
 * Control characters, line breaks included, become escapes.
 */
export function plainLine(namespace: string, name: string, data: string): string {
  const [kind, ...rest] = namespace.split('/')
  const isImplied = name === 'message' || (kind === 'details' && name === detailChannel(rest.join('/')))
  return isImplied ? visible(data) : `${visible(name)}\t${visible(data)}`
}

const DRAW_MS = 100

/** A table of the most frequent emoji that fills the terminal. On close its last state is printed. */
export class TableView implements View {
  private readonly emoji = new Map(loadEmoji().map((each) => [each.id, each]))
  private readonly screen: Screen
  private readonly startMs = performance.now()
  private readonly counter: ScoreCounter
  private state = 'connecting'
  private noted = ''
  private readonly drawing: NodeJS.Timeout

  constructor(
    form: ScoreForm,
    private readonly url: URL,
    private readonly top: number,
    private readonly output: Output,
  ) {
    this.counter = new ScoreCounter(this.startMs, form)
    this.screen = new Screen(output)
    this.screen.open()
    this.drawing = setInterval(() => this.draw(), DRAW_MS)
  }

  event(name: string, data: string): void {
    this.counter.take(name, data, performance.now())
  }

  changed(state: string): void {
    this.state = state
  }

  note(text: string): void {
    this.noted = text
  }

  close(summary: string): void {
    clearInterval(this.drawing)
    this.screen.close()
    this.noted = summary
    if (this.counter.total === 0) return
    const { columns } = this.screen.size
    this.output.write(`${this.lines({ columns, rows: Number.POSITIVE_INFINITY }).join('\n')}\n`)
  }

  private draw(): void {
    this.screen.draw(this.lines(this.screen.size))
  }

  private lines(size: Size): string[] {
    const nowMs = performance.now()
    const figures = `${this.counter.total} updates, ${this.counter.perSecond(nowMs).toFixed(1)}/s`
    const title = visible([figures, this.state, this.noted, this.url.href].filter(Boolean).join(' · '))
    const rows = this.counter.top(Math.min(this.top, rowsThatFit(size)), nowMs)
    return tableLines({ title, rows, emojiOf: (id) => this.emoji.get(id) }, size)
  }
}

/** The contents of the table. */
export interface Table {
  /** The line above it. */
  readonly title: string
  /** The highest count first. */
  readonly rows: readonly IdCount[]
  /** The emoji of an id; undefined for an unknown id. */
  readonly emojiOf: (id: string) => Emoji | undefined
}

const EMOJI_AT = 6
const NAME_AT = 10
const COUNT_WIDTH = 12
const RATE_WIDTH = 9
/** The number of lines above the rows. */
const HEAD = 2

/** The number of rows that fit; the last line stays free. */
export const rowsThatFit = ({ rows }: Size): number => Math.max(0, rows - HEAD - 1)

/**
 * The table as lines that fit a terminal of this size. The width of an emoji is one or two columns, depending on the terminal, so an
 * escape sequence moves the text behind it to its column; the lines hold no other control characters. Pure.
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

/** Cuts a text to a width in code points. Names are plain; ids with wide characters make the table uneven. */
function cut(text: string, width: number): string {
  const points = [...text]
  if (points.length <= width) return text
  return width === 0 ? '' : `${points.slice(0, width - 1).join('')}…`
}
