import type { Output } from '../terminal.js'

/** The space of a terminal, in characters. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

const OPEN = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const CLOSE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
/** To its end: a line has gaps, which its text jumps over, so that it is cleared before. */
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
/** For a terminal that doesn't know its size, and says 0. */
const USUAL: Size = { columns: 80, rows: 24 }

/**
 * The terminal's second screen, drawn over as a whole, without cursor and without line wrap. What was there before comes back when it is closed, also
 * when the process ends by a fault, and for as long as it is stopped (Ctrl-Z).
 */
export class Screen {
  private readonly closeAtExit = () => this.close()
  /** Leaves the stop to the kernel, which makes none where no shell could let the process go on again; SIGSTOP would freeze it for good. */
  private readonly stop = () => {
    this.output.write(CLOSE)
    process.off('SIGTSTP', this.stop)
    process.kill(process.pid, 'SIGTSTP')
    setImmediate(() => {
      if (!this.isOpen) return
      process.on('SIGTSTP', this.stop)
      this.goOn()
    })
  }
  /** After SIGSTOP, which nobody hears of, as well. To open it twice does no harm. */
  private readonly goOn = () => {
    this.drawn = ''
    this.output.write(OPEN)
  }
  private isOpen = false
  private drawn = ''

  constructor(private readonly output: Output) {}

  get size(): Size {
    return { columns: this.output.columns || USUAL.columns, rows: this.output.rows || USUAL.rows }
  }

  open(): void {
    this.isOpen = true
    process.once('exit', this.closeAtExit)
    process.on('SIGTSTP', this.stop)
    process.on('SIGCONT', this.goOn)
    this.output.write(OPEN)
  }

  /** Draws these lines, as many as fit, where they differ from what is there. */
  draw(lines: readonly string[]): void {
    const { columns, rows } = this.size
    const text = lines
      .slice(0, rows)
      .map((line) => CLEAR_LINE + line)
      .join('\r\n')
    const picture = `${columns} ${rows} ${text}`
    if (picture === this.drawn || !this.isOpen) return
    this.drawn = picture
    this.output.write(HOME + text + CLEAR_BELOW)
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    process.off('exit', this.closeAtExit)
    process.off('SIGTSTP', this.stop)
    process.off('SIGCONT', this.goOn)
    this.output.write(CLOSE)
  }
}
