import type { WriteStream } from 'node:tty'
import { EXIT_SECOND_SIGNAL, exitWithError } from '../common/platform/process.js'

/** The used part of a standard output. A terminal has `isTTY` and a size; a pipe or a file has neither. */
export type Output = Pick<WriteStream, 'write' | 'writableLength'> & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>

/** The space of a terminal, in characters. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Clears a line from the cursor on. */
const CLEAR_REST = '\x1b[K'
const CLEAR_LINE = `\r${CLEAR_REST}`
/** The size for a terminal that reports 0. */
const DEFAULT_SIZE: Size = { columns: 80, rows: 24 }

/**
 * Prints lines on both outputs and, in a terminal, a status line below them that is rewritten. The text must not hold control characters.
 */
export class Terminal {
  private isShowing = false

  constructor(
    private readonly output: Output,
    private readonly errors: Output,
  ) {}

  get isInteractive(): boolean {
    return this.output.isTTY === true
  }

  /** Replaces the status line; only in a terminal. */
  show(text: string): void {
    if (!this.isInteractive) return
    this.isShowing = true
    // The last column stays free, since a terminal would wrap the line.
    this.output.write(CLEAR_LINE + text.slice(0, (this.output.columns || DEFAULT_SIZE.columns) - 1))
  }

  /** Prints a line on standard output. */
  print(text: string): void {
    this.clear()
    this.output.write(`${text}\n`)
  }

  /** Prints a line on standard error. */
  note(text: string): void {
    this.clear()
    this.errors.write(`${text}\n`)
  }

  private clear(): void {
    if (this.isShowing) this.output.write(CLEAR_LINE)
    this.isShowing = false
  }
}

const OPEN = '\x1b[?1049h\x1b[?25l\x1b[?7l'
const CLOSE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_BELOW = '\x1b[J'

/**
 * The terminal's alternate screen, without cursor and without line wrap; each drawing replaces all of it. The normal screen is restored
 * on close, at a crash of the process, and while the process is stopped (Ctrl-Z).
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
      // The text of a line skips columns.
      .map((line) => CLEAR_REST + line)
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

/**
 * Ends the process if standard output fails: with success if the reader has closed the pipe (`… | head`), else with the error, such as a
 * full disk. Errors of standard error are ignored.
 */
export function endWithReader({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? process.exit(0) : exitWithError(error)))
  stderr.on('error', () => undefined)
}

/** A signal that the first SIGINT or SIGTERM aborts. A second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT_SECOND_SIGNAL)
    controller.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  return controller.signal
}
