import { readFileSync } from 'node:fs'
import { AppError } from './errors.js'

/** Ends the process with code 1, and says why on standard error: what was to be expected in one line, a bug with its stack. */
export function exitWithError(error: unknown): never {
  const isExpected = error instanceof AppError || (error instanceof Error && 'syscall' in error)
  process.stderr.write(`emojitrack-streamer: ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

/** The version of this package, as its manifest has it. */
export function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}
