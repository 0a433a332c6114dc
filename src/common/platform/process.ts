import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { AppError } from './errors.js'

/** The exit code after a second SIGTERM or SIGINT: the code that a shell reports for a process ended by SIGINT. */
export const EXIT_SECOND_SIGNAL = 130

/** The exit code of a stop that took longer than SHUTDOWN_TIMEOUT_MS: that of timeout(1). */
export const EXIT_STOP_TIMED_OUT = 124

/** The variable in which the primary passes a worker its number, 1 to n. */
export const WORKER_NUMBER = 'EMOJITRACK_WORKER'

/** This worker's number; null if this process is no worker. Process managers fork workers as well; only our own primary numbers them. */
export function workerNumber(environment: NodeJS.ProcessEnv): number | null {
  const number = environment[WORKER_NUMBER]
  return cluster.isWorker && number !== undefined ? Number(number) : null
}

/**
 * The SIGTERM and SIGINT of this process. It handles them from the moment that it is made: until the application takes them over, nothing
 * is served that could end in order, and the process exits at once with 0. (The kernel drops signals that process 1 doesn't handle.)
 */
export class StopSignals {
  private handler: (signal: NodeJS.Signals) => void = () => process.exit(0)

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.handler(signal))
  }

  /** Replaces the handler. */
  handle(handler: (signal: NodeJS.Signals) => void): void {
    this.handler = handler
  }
}

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
