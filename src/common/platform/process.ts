import { readFileSync } from 'node:fs'
import { AppError } from './errors.js'

/** The exit code after a second SIGTERM or SIGINT: the code that a shell reports for a process ended by SIGINT. */
export const EXIT_SECOND_SIGNAL = 130

/** Prints the error on standard error, an expected one in one line and a bug with its stack, and ends the process with code 1. */
export function exitWithError(error: unknown): never {
  const isExpected = error instanceof AppError || (error instanceof Error && 'syscall' in error)
  process.stderr.write(`emojitrack-streamer: ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

/** The version in this package's manifest. */
export function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}
