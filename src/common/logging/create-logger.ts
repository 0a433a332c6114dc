import { isatty } from 'node:tty'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { AppConfig } from '../config/app-config.js'
import { visibleJson } from './control-characters.js'
import { readableLines } from './readable-line.js'

const STDOUT = 1

/**
 * The one log of a process, on the standard output, each line with the node's name: JSON, or in a terminal something readable. It is written in this
 * process and at once, so that nothing is lost at the end, and nothing is left to write then: sonic-boom's last flush tries for ever where the reader has
 * gone (4.2.1, flushSync), and the process would never end.
 */
export function createLogger(
  { logLevel, logPretty, isProtected, nodeName, workers }: AppConfig,
  destination: DestinationStream = pino.destination({ dest: STDOUT, sync: true }),
): Logger {
  const isPretty = logPretty ?? (!isProtected && isatty(STDOUT))
  return pino(
    { level: logLevel, base: { node: nodeName }, hooks: { streamWrite: isPretty ? readableLines(workers > 1) : visibleJson } },
    destination,
  )
}
