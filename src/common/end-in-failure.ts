import { AppError } from './app-error.js'

/** Ends the process with code 1, and says why on standard error: what was to be expected in one line, a bug with its stack. */
export function endInFailure(error: unknown): never {
  const isExpected = error instanceof AppError || (error instanceof Error && 'syscall' in error)
  process.stderr.write(`emojitrack-streamer: ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
