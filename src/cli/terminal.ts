import type { WriteStream } from 'node:tty'
import { exitWithError } from '../common/platform/process.js'

/** As much of a standard output as is used here: a terminal has `isTTY` and a size, a pipe or a file has neither. */
export type Output = Pick<WriteStream, 'write' | 'writableLength'> & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>

const CLEAR_LINE = '\r\x1b[K'
/** For a terminal that doesn't know its size, and says 0. */
const USUAL_COLUMNS = 80

/** Lines for people: whole ones on both outputs, and in a terminal one below them that is written anew. Text must hold no control characters. */
export class Terminal {
  private isShowing = false

  constructor(
    private readonly output: Output,
    private readonly errors: Output,
  ) {}

  get isInteractive(): boolean {
    return this.output.isTTY === true
  }

  /** Shows one line in place of what was shown last; only in a terminal. */
  show(text: string): void {
    if (!this.isInteractive) return
    this.isShowing = true
    // The last column stays free: a terminal would go on to the next line.
    this.output.write(CLEAR_LINE + text.slice(0, (this.output.columns || USUAL_COLUMNS) - 1))
  }

  /** Prints a line that stays. */
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
 * Ends the process when its output has no reader any more: with success when that has gone (`… | head`), in failure when it is a full disk. What is
 * said on standard error to nobody is not missed.
 */
export function endWithReader({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? process.exit(0) : exitWithError(error)))
  stderr.on('error', () => undefined)
}

/** What a shell makes of a SIGINT. */
const EXIT_SECOND_SIGNAL = 130

/** Is aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT_SECOND_SIGNAL)
    controller.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  return controller.signal
}
