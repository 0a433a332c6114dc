import { loadEmoji } from '../../common/emoji/load-emoji.js'
import { visible } from '../../common/logging/control-characters.js'
import type { Output } from '../terminal.js'
import { incrementsOf } from './score-event.js'
import { ScoreTally } from './score-tally.js'
import { Screen } from './screen.js'
import { rowsThatFit, type Size, tableLines } from './table.js'
import type { View } from './view.js'

const DRAW_MS = 100

/** The emoji that came most, as a table that fills the terminal; its last state stays behind. */
export class TableView implements View {
  private readonly emoji = new Map(loadEmoji().map((each) => [each.id, each]))
  private readonly screen: Screen
  private readonly startMs = performance.now()
  private readonly tally = new ScoreTally(this.startMs)
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
