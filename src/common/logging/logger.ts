import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isatty } from 'node:tty'
import type { LoggerService } from '@nestjs/common'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { AppConfig } from '../config/app-config.js'
import type { LogLosses } from '../stats/counters.js'
import type { FailureKind } from '../stats/reasons.js'
import { LogDestination, type LogPort } from './log-destination.js'

const STDOUT = 1

/** Where a logger writes. One that drops lines calls `onGap` with their number when it takes lines again. */
export interface LogStream extends DestinationStream {
  onGap?: (lines: number) => void
}

/**
 * The log of this process, on standard output, which is flushed when the process exits. An uncaught exception gets a line before Node
 * prints it and ends the process.
 */
export function openLog(config: AppConfig, losses?: LogLosses): Logger {
  const destination = new LogDestination(standardOutput(), losses)
  process.on('exit', () => destination.flush())
  const logger = createLogger(config, destination)
  process.on('uncaughtExceptionMonitor', (err, origin) =>
    logger.fatal({ context: 'Process', origin, err }, 'uncaught exception, the process exits'),
  )
  return logger
}

/**
 * Standard output, so that no write blocks the event loop. The flag O_NONBLOCK belongs to the open file, which other processes share, so
 * pipes and terminals are opened once more. A socket can't be: Node's own stream sets the flag there, and resets it at exit. Files and
 * devices ignore the flag, and a thread writes to them; a thread that waited for the reader of a pipe would keep the process from ending.
 */
function standardOutput(): LogPort {
  // As bigints: after a plain result for a pipe Node resolves no symbolic links of imports (nodejs/node#51142), and loads a module twice
  // that is imported by its path and through a link, as a plug-in imports this package.
  const kind = fstatSync(STDOUT, { bigint: true })
  const opened = kind.isFIFO() || isatty(STDOUT) ? reopened() : null
  if (opened !== null) return nonBlocking(opened)
  if (kind.isFIFO() || kind.isSocket()) return nonBlocking(withFlag())
  return { ...nonBlocking(STDOUT), writeAside: (bytes, done) => write(STDOUT, bytes, done) }
}

const nonBlocking = (descriptor: number): LogPort => ({ writeNow: (bytes) => writeSync(descriptor, bytes), writeAside: null })

/** Null without /proc, without the right to open the file, and for a pipe that has no reader. */
function reopened(): number | null {
  try {
    return openSync(`/proc/self/fd/${STDOUT}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return null
  }
}

function withFlag(): number {
  void process.stdout
  return STDOUT
}

/** A log of JSON, or of readable lines in a terminal; each line has the node's name. */
export function createLogger({ logLevel, logPretty, isProtected, nodeName, workers }: AppConfig, destination: LogStream): Logger {
  const isPretty = logPretty ?? (!isProtected && isatty(STDOUT))
  const logger = pino(
    { level: logLevel, base: { node: nodeName }, hooks: { streamWrite: isPretty ? readableLines(workers > 1) : visibleJson } },
    destination,
  )
  destination.onGap = (lines) => logger.warn({ context: 'Log', lines }, 'log lines dropped: the output took no more')
  return logger
}

/** The line breaks within a stack trace. */
const STACK_LINE = /\n(?= {4}at |caused by: )/

/** Formats lines of JSON for a terminal. `names` adds the node to each. No text from outside can break or colour a line. */
export function readableLines(names: boolean, colours?: boolean): (json: string) => string {
  // Loaded only where it is used: it would take a twentieth of every start.
  const { prettyFactory }: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty')
  const prettify = prettyFactory({
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{if context}{context}: {end}{msg}',
    ignore: names ? 'context' : 'context,node',
    ...(colours !== undefined && { colorize: colours }),
  })
  return (json) => prettify(visibleFields(JSON.parse(json)))
}

function visibleFields(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name === 'stack' ? value.split(STACK_LINE).map(visible).join('\n') : visible(value)
  if (Array.isArray(value)) return value.map((each) => visibleFields(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [visible(key), visibleFields(field, key)]))
}

type Level = 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal'

/** The contexts of Nest's lines about modules and routes, which matter only for debugging. */
const FRAMEWORK_CONTEXTS = new Set<unknown>(['NestFactory', 'NestApplication', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer'])

/** @nestjs/schedule catches exceptions of `@Interval` methods, and only logs them: its log lines are counted, for want of a hook. */
const SCHEDULER_CONTEXT = 'Scheduler'

/**
 * Nest's logger on top of the one pino instance. A message is a string or an object of fields with `msg`; the context that Nest appends
 * becomes a field.
 */
export class NestLogger implements LoggerService {
  /** @param onFailure called for each error that Nest has caught */
  constructor(
    private readonly pino: Logger,
    private readonly onFailure: (kind: FailureKind) => void = () => undefined,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest)
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === SCHEDULER_CONTEXT) this.onFailure('timer')
    this.write('error', message, rest)
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest)
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest)
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest)
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest)
  }

  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1)
    const stack = rest.length > 1 ? rest[0] : undefined
    if (message instanceof Error) this.pino[level]({ context, err: message })
    else if (typeof message === 'object') this.pino[level]({ context, ...message })
    else this.pino[level]({ context, ...(stack !== undefined && { stack }) }, String(message))
  }
}

/**
 * Characters that could forge a line or move the cursor of a terminal: control characters (C0, DEL, C1), Unicode's line and paragraph
 * separators, and the marks that change the direction of text.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
/** The unsafe characters that JSON leaves unescaped: it escapes C0 only. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (character: string): string => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The text with readable escapes in place of unsafe characters. */
export const visible = (text: string): string => text.replace(UNSAFE, escaped)

/** The line of JSON with the same meaning and no unsafe character but the line feed at its end. */
export const visibleJson = (line: string): string => line.replace(UNSAFE_IN_JSON, escaped)
