import type { WriteStream } from 'node:tty'
import { EXIT_SECOND_SIGNAL, exitWithError } from '../common/platform/process.js'

/** The used part of a standard output. A terminal has `isTTY` and a size; a pipe or a file has neither. */
export type Output = Pick<WriteStream, 'write' | 'writableLength'> & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>

const CLEAR_LINE = '\r\x1b[K'
/** The width for a terminal that reports 0 columns. */
const USUAL_COLUMNS = 80

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
    this.output.write(CLEAR_LINE + text.slice(0, (this.output.columns || USUAL_COLUMNS) - 1))
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
