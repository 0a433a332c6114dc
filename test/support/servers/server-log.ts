import type { ServerProcess } from './server-process.js'

/** One line that the server has logged, as far as the tests look. */
export interface LogLine {
  readonly level: number
  readonly msg?: string
  readonly [field: string]: unknown
}

const WARN = 40

/** The log of the server so far. A line that is not JSON, such as a stack printed by Node, gets the highest level. */
export function logLines(server: Pick<ServerProcess, 'output'>): LogLine[] {
  return server.output
    .split('\n')
    .filter((line) => line !== '')
    .map(parse)
}

/** Warnings and worse, apart from the notice at each start in development without a token. */
export function complaints(server: Pick<ServerProcess, 'output'>): LogLine[] {
  return logLines(server).filter(({ level, context }) => level >= WARN && context !== 'AdminAccess')
}

/** How it writes to its streams: one word for each of its processes. */
export function writersOf(server: Pick<ServerProcess, 'output'>): unknown[] {
  return logLines(server)
    .filter(({ msg }) => msg === 'writer chosen')
    .map(({ writer }) => writer)
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return { level: 60, msg: line }
  }
}
