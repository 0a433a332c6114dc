import type { Output } from '../terminal.js'

/** The space of a terminal, in characters. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

const OPEN = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const CLOSE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
/** Clears a line before it is drawn, since its text skips columns. */
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
/** The size for a terminal that reports 0. */
const DEFAULT_SIZE: Size = { columns: 80, rows: 24 }

/**
 * The terminal's alternate screen, without cursor and without line wrap; each drawing replaces all of it. The normal screen comes back on
 * close, at a crash of the process, and while the process is stopped (Ctrl-Z).
 */
export class Screen {
  private readonly closeAtExit = () => this.close()
  /** Lets the kernel stop the process: it doesn't if no shell could resume it, while SIGSTOP would stop it in any case. */
  private readonly stop = () => {
    this.output.write(CLOSE)
    process.off('SIGTSTP', this.stop)
    process.kill(process.pid, 'SIGTSTP')
    setImmediate(() => {
      if (!this.isOpen) return
      process.on('SIGTSTP', this.stop)
      this.resume()
    })
  }
  /** Runs after SIGSTOP as well, which has no event. Opening the screen twice is harmless. */
  private readonly resume = () => {
    this.drawn = ''
    this.output.write(OPEN)
  }
  private isOpen = false
  private drawn = ''

  constructor(private readonly output: Output) {}

  get size(): Size {
    return { columns: this.output.columns || DEFAULT_SIZE.columns, rows: this.output.rows || DEFAULT_SIZE.rows }
  }

  open(): void {
    this.isOpen = true
    process.once('exit', this.closeAtExit)
    process.on('SIGTSTP', this.stop)
    process.on('SIGCONT', this.resume)
    this.output.write(OPEN)
  }

  /** Draws as many of the lines as fit, unless they are on the screen already. */
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
    process.off('SIGCONT', this.resume)
    this.output.write(CLOSE)
  }
}
